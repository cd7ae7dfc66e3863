"""A Chroma client that several processes may use on one folder.

Chroma's persistent client is made for one process: two that write to one folder leave an index that nobody
can read again ("Error finding id"), even when they take turns, because each keeps its own copy in memory. So
here everything is done under a lock, and a client is opened anew when another process has written since.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from ..data_folder import make_private_folder
from ..errors import Busy, EndpointError, InvalidInput
from .chroma_import import import_chroma

if TYPE_CHECKING:
    from chromadb.api.client import Client

_LOCK_SECONDS = 120
SERVER_SECONDS = 60.0
"""The longest that a Chroma server may take over one request; the largest writes 128 vectors."""


class FolderClient:
    """Gives out the client of a folder, to one user at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = threading.Lock()
        self._client: Client | None = None
        self._seen = ""

    @contextmanager
    def use(self, *, writes: bool = False) -> Iterator[Client]:
        """The client, for a short time.

        Args:
            writes: whether anything will be changed; other processes then open their clients anew.

        Raises:
            Busy: another process keeps the folder for more than two minutes.
            InvalidInput: the folder or the index in it cannot be used.
        """
        with self._threads, self._locked(), _said_clearly(self._folder):
            stamp = self._folder / "last_write"
            last = stamp.read_text(encoding="ascii") if stamp.exists() else ""
            if self._client is None or last != self._seen:
                self._reopen()
                self._seen = last
            if writes:
                self._seen = uuid.uuid4().hex
                stamp.write_text(self._seen, encoding="ascii")
            assert self._client is not None
            yield self._client

    def close(self) -> None:
        """Close the client; it is opened again when it is used again."""
        with self._threads:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _reopen(self) -> None:
        chromadb = import_chroma()
        if self._client is not None:
            self._client.close()
            self._client = None
        settings = chromadb.Settings(_env_file=None, anonymized_telemetry=False)
        # Declared as the interface, which does not know `close`.
        self._client = cast("Client", chromadb.PersistentClient(self._folder, settings))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            make_private_folder(self._folder)
            lock = FileLock(self._folder / "one_at_a_time.lock", timeout=_LOCK_SECONDS, mode=0o600)
            lock.acquire()
        except Timeout as error:
            raise Busy(
                f"Another process is busy with the index {self._folder}.", hint="Try again later."
            ) from error
        except OSError as error:
            raise InvalidInput(
                f"The folder {self._folder} cannot be used for the index: {error.strerror or error}.",
                hint="Choose a folder that you may write to (FINETUNE_COVERAGE_HOME).",
            ) from error
        try:
            yield
        finally:
            lock.release()


class ServerClient:
    """The client of a Chroma server, which keeps order by itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opening = threading.Lock()
        self._client: Client | None = None

    @contextmanager
    def use(self, *, writes: bool = False) -> Iterator[Client]:
        """The client; raises `EndpointError` when the server cannot be reached, or fails."""
        with self._opening:
            if self._client is None:
                self._client = self._connect()
            client = self._client
        chroma = import_chroma()
        import httpx

        try:
            yield client
        except httpx.TimeoutException as error:
            self.close()
            raise self._hangs() from error
        except httpx.TransportError as error:
            self.close()  # it may come back at the same address
            raise EndpointError(
                f"The Chroma server at {self._url} does not answer: {str(error) or type(error).__name__}.",
                hint="Start it and try again; what is in the index already is not made anew.",
            ) from error
        except chroma.errors.InternalError as error:
            raise EndpointError(
                f"The Chroma server at {self._url} failed: {error}.", hint="Look into its log."
            ) from error

    def close(self) -> None:
        """Close the connection."""
        with self._opening:
            if self._client is None:
                return
            sessions = _sessions(self._client)
            self._client.close()
            for session in sessions:
                session.close()
            self._client = None

    def _connect(self) -> Client:
        import httpx

        chromadb = import_chroma()
        address = urlsplit(self._url if "//" in self._url else f"//{self._url}")
        is_secure = address.scheme == "https"
        host = address.hostname or "localhost"
        port = address.port or (443 if is_secure else 8000)
        shown = f"[{host}]" if ":" in host else host
        try:
            # Chroma's client (1.5) waits without end for a server that hangs, from its first request on.
            alive = f"{'https' if is_secure else 'http'}://{shown}:{port}/api/v2/heartbeat"
            httpx.get(alive, timeout=SERVER_SECONDS)
            client = chromadb.HttpClient(
                host=host,
                port=port,
                ssl=is_secure,
                settings=chromadb.Settings(_env_file=None, anonymized_telemetry=False),
            )
        except httpx.TimeoutException as error:
            raise self._hangs() from error
        except (httpx.TransportError, ValueError) as error:
            raise EndpointError(
                f"There is no Chroma server at {self._url}.", hint="Check FINETUNE_COVERAGE_CHROMA_URL."
            ) from error
        for session in _sessions(client):
            session.timeout = SERVER_SECONDS
        return cast("Client", client)

    def _hangs(self) -> EndpointError:
        return EndpointError(
            f"The Chroma server at {self._url} did not answer within {SERVER_SECONDS:g} seconds.",
            hint="See whether it hangs or is overloaded, and try again; what is in the index already is not made anew.",
        )


def _sessions(client: Client) -> list[Any]:
    """The connections of a server's client, which Chroma (1.5) leaves open when it is closed: its own, and those of the
    client for databases that it makes for itself.
    """
    servers = [getattr(one, "_server", None) for one in (client, getattr(client, "_admin_client", None))]
    return [session for server in servers if (session := getattr(server, "_session", None)) is not None]


@contextmanager
def _said_clearly(folder: Path) -> Iterator[None]:
    chromadb = import_chroma()
    try:
        yield
    except chromadb.errors.InternalError as error:
        raise InvalidInput(
            f"The index {folder} cannot be read: {error}.",
            hint="Delete the folder: the index is made anew from the records.",
        ) from error
