"""Datasets that are on no disk of this machine: what fsspec reads, such as ``s3://bucket/folder``."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidInput
from .formats.containers.file_names import is_dataset_name


def is_remote(named: str) -> bool:
    """Whether a source is to be read by fsspec: it has a protocol, and not that of the Hugging Face hub."""
    return "://" in named and not named.startswith("hf:")


def remote_files(url: str) -> dict[str, Path]:
    """The datasets at an address: a file, a folder or a pattern of what fsspec reads; in the order of their names.

    Returns:
        The path of each within what holds it, by its whole address.

    Raises:
        InvalidInput: there is none, or it cannot be read.
    """
    try:
        import fsspec

        system, path = fsspec.url_to_fs(url)
        if "*" in path:
            found = sorted(system.glob(path))
        elif system.isdir(path):
            found = sorted(one for one in system.find(path) if is_dataset_name(one[len(path) :].lstrip("/")))
        else:
            found = [path] if system.exists(path) else []
    except (ImportError, OSError, ValueError) as error:
        raise InvalidInput(
            f"{url} cannot be read: {error}", hint="Check the address and its keys."
        ) from error
    if not found:
        raise InvalidInput(f"There is no dataset at {url}.", hint="Name a file, a folder or a pattern.")
    return {system.unstrip_protocol(one): Path(one) for one in found}
