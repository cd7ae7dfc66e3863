"""A PostgreSQL server for tests and benchmarks: a real one, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import OperationalError

PASSWORD = "a secret & more"
_NUMBERS = count(1)
_FAST = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=60",
    "shared_buffers=32MB",
)


class PostgresqlServer:
    """A server on a socket in a folder of its own, whose user ``tests`` needs a password.

    Args:
        is_durable: as it is installed, so that it can be measured; without it nothing waits for the disk, and what was
            committed outlives the server all the same, but not the machine.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """

    def __init__(self, *, is_durable: bool = False) -> None:
        self._options = () if is_durable else _FAST
        self.programs = _programs()
        # Short: the path of a socket may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        # The server refuses to be run by root, so there it is the user's that its package made.
        self._user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self._user:
            shutil.chown(self.folder, **self._user)
        self._process: subprocess.Popen[bytes] | None = None
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        options = f"--no-sync --auth=scram-sha-256 --username=tests --pwfile={password} --encoding=UTF8"
        subprocess.run(
            [
                self.programs / "initdb",
                *options.split(),
                "--locale=C.UTF-8",
                f"--pgdata={self.folder / 'data'}",
            ],
            check=True,
            capture_output=True,
            cwd="/",
            **self._user,
        )
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for option in self._options for part in ("-c", option)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self.programs / "postgres",
                    "-D",
                    self.folder / "data",
                    "-k",
                    self.folder,
                    "-h",
                    "",
                    *options,
                ],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._user,
            )
        for _ in range(200):
            with suppress(OperationalError):
                self.sql("SELECT 1")
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        """Stop it, as a machine stops that loses its power; what was committed is there when it is started again."""
        if self._process is not None:
            # https://www.postgresql.org/docs/current/server-shutdown.html
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, user: str = "tests", password: str = PASSWORD) -> str:
        """The address of one of its databases, as a person would write it."""
        return f"postgresql://{user}:{quote(password)}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Carry a statement out, outside of any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def new_database(self, template: str = "template0") -> str:
        """Make a database; returns its name."""
        name = f"test{next(_NUMBERS)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


def _programs() -> Path:
    """Where its programs are: Debian keeps them out of the PATH, a folder for each version."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    if found is None and not folders:
        raise FileNotFoundError("PostgreSQL is not installed (`apt install postgresql`)")
    return Path(found).resolve().parent if found else folders[-1]
