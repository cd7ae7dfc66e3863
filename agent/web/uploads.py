"""Files that a person drops onto the page: kept in a folder of ours until they are read."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

MOST_BYTES = 4 * 2**30
"""Of one file; what is larger is imported in the terminal, where nothing is copied."""


MOST_WAITING = 4
"""Files that came in and that nobody took yet; of more, the oldest is deleted."""
_LEFT_FREE = 2**29
"""Bytes that an upload leaves free on the disk: the store and the system need some."""


class Uploads:
    """What came in and was not taken yet. The door lets only the person's own pages send."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="finetune-coverage-")
        self._files: dict[str, tuple[Path, str]] = {}

    def add_route(self, app: FastAPI) -> None:
        """Take files from now on; the answer's ``key`` is what `take` takes."""
        app.add_api_route("/upload", self._receive, methods=["POST"], include_in_schema=False)

    def take(self, key: str) -> tuple[Path, str]:
        """The file, which is the caller's to delete, and the name that it had; raises `KeyError`."""
        return self._files.pop(key)

    def close(self) -> None:
        """Delete what nobody took."""
        self._folder.cleanup()

    async def _receive(self, request: Request) -> JSONResponse:
        name = (
            PurePosixPath(unquote(request.headers.get("x-name", "")).replace("\\", "/")).name[:200] or "file"
        )
        # A name of our own with the endings that tell the format: the sender names no place here.
        endings = "".join(
            end for end in PurePosixPath(name).suffixes[-2:] if re.fullmatch(r"\.\w{1,10}", end)
        )
        key = secrets.token_urlsafe(16)
        file = Path(self._folder.name) / f"{key}{endings}"
        announced = request.headers.get("content-length", "")
        most = min(MOST_BYTES, shutil.disk_usage(self._folder.name).free - _LEFT_FREE)
        if announced.isdigit() and int(announced) > most:
            return _too_large(name, most)
        try:
            if not await _is_written(request, file, most):
                file.unlink()
                return _too_large(name, most)
        except BaseException:  # the sender went away, or the disk failed: half a file is none
            file.unlink(missing_ok=True)
            raise
        while len(self._files) >= MOST_WAITING:
            forgotten, _ = self._files.pop(next(iter(self._files)))
            forgotten.unlink(missing_ok=True)
        self._files[key] = (file, name)
        return JSONResponse({"key": key})


async def _is_written(request: Request, file: Path, most: int) -> bool:
    """Whether what is sent was written whole; what is larger is not."""
    size = 0
    with file.open("wb") as target:
        async for part in request.stream():
            size += len(part)
            if size > most:
                return False
            target.write(part)
    return True


def _too_large(name: str, most: int) -> JSONResponse:
    if most < MOST_BYTES:
        problem = f"{name} does not fit on the disk of the server."
    else:
        problem = f"{name} is larger than {MOST_BYTES // 2**30} GiB."
    return JSONResponse({"problem": f"{problem} Import it in the terminal."}, status_code=413)
