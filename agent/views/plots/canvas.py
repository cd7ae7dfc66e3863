"""What the pictures share: a light canvas, colours that a colour-blind person tells apart, and the file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from ....tools.errors import InvalidInput
from ....tools.new_files import appearing_together

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008): distinct for every common kind of colour blindness.
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
INK, MUTED, GRID, PAPER = "#222222", "#6b6b6b", "#dddddd", "#ffffff"
BEFORE = "#b4b4b4"

P = ParamSpec("P")

_DOTS_PER_INCH = 150


def require_plots() -> None:
    """Refuse where matplotlib is missing; raises `InvalidInput`."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InvalidInput(
            "Pictures need the package matplotlib, which is not installed.",
            hint="pip install 'finetune-coverage[plots]'",
        ) from error


def check_picture_path(path: Path) -> None:
    """Refuse, before anything is measured, a file that no picture can be written to.

    Raises:
        InvalidInput: it does not end in .png, is a folder, or lies in no folder.
    """
    if path.suffix.lower() != ".png":
        raise InvalidInput(f"Pictures are PNG files, not '{path.name}'.", hint="Let its name end in .png.")
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidInput(f"'{path}' cannot be written.", hint="Name a file in a folder that exists.")


def in_default_style(draw: Callable[P, None]) -> Callable[P, None]:
    """Draws as matplotlib does of itself: a ``matplotlibrc`` of the current folder could have it run TeX."""

    @wraps(draw)
    def drawn(*arguments: P.args, **named: P.kwargs) -> None:
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            draw(*arguments, **named)

    return drawn


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty picture of this size in inches, with one light plot in it."""
    # Not pyplot: it keeps every figure, and looks for a screen.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DOTS_PER_INCH, facecolor=PAPER)
    axes = figure.add_subplot()
    axes.set_facecolor(PAPER)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=INK)
    return figure, axes


def place_legend(axes: Axes, handles: Sequence[Artist], *, size: float, **more: Any) -> None:
    """Name the marks of a plot above it, in letters of this size in points."""
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=3,
        frameon=False,
        fontsize=size,
        borderaxespad=0.3,
        labelcolor=INK,
        **more,
    )


def save(figure: Figure, path: Path) -> None:
    """Write the picture; a file that is there already is replaced only by a whole one."""
    with appearing_together(path, overwrite=True) as files, warnings.catch_warnings():
        # Letters that the font lacks are drawn as boxes; the rest of the picture is good.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure.savefig(files.open(path), format="png", bbox_inches="tight", pad_inches=0.25)
