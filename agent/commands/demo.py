"""`demo`: the worked example, from the bundled dataset to a balanced one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="FOLDER", help="Where to keep its data; thrown away when not given."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the results go.")
    ] = Path("demo-output"),
) -> None:
    """Play the worked example on the bundled dataset: 0.45 (poor), 30 records generated, 0.72 (good)."""
    from ..chat.demo import run_demo

    raise typer.Exit(run_demo(home=home, output=output))
