"""The hosts that a person let a key go to, kept in the data folder."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from .data_folder import make_private_file, open_data_folder

FILE = "known-hosts"


def host_of(url: str) -> str:
    """The part of an address that says who gets a request: scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def is_known(home: Path, url: str) -> bool:
    """Whether a key was let go to this address's host before.

    Args:
        home: the data folder.
        url: where a request would go.
    """
    try:
        return host_of(url) in (home / FILE).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return False


def remember(home: Path, url: str) -> None:
    """Keep that a key may go to this address's host; see `is_known`."""
    if not is_known(home, url):
        with make_private_file(open_data_folder(home) / FILE).open("a", encoding="utf-8") as file:
            file.write(f"{host_of(url)}\n")
