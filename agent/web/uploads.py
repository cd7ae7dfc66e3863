"""Files that a person drops onto the page: kept in a folder of ours until they are read."""

from __future__ import annotations

import re
import secrets
import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

MOST_BYTES = 4 * 2**30
"""Of one file; what is larger is imported in the terminal, where nothing is copied."""


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
        size = 0
        with file.open("wb") as target:
            async for part in request.stream():
                size += len(part)
                if size > MOST_BYTES:
                    break
                target.write(part)
        if size > MOST_BYTES:
            file.unlink()
            problem = f"{name} is larger than {MOST_BYTES // 2**30} GiB. Import it in the terminal."
            return JSONResponse({"problem": problem}, status_code=413)
        self._files[key] = (file, name)
        return JSONResponse({"key": key})
