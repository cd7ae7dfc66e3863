"""Starts the services of compose.yaml as processes of this machine: `make fleet`.

What is started, with which variables and in which order, is read from the file. Only what an image would bring is done
here: the database's folder is made, and programs are found in the environment of `make setup` and where Debian keeps
those of PostgreSQL. What they say comes out with the service's name before it. Ctrl-C or SIGTERM ends them all, in the
opposite order; a second one kills them.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import yaml
from platformdirs import user_data_path

HERE = Path(__file__).resolve().parent
HEALTHY_WITHIN = 300
"""Seconds that a service may take to start."""
ENDS_WITHIN = 30
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


@dataclass(frozen=True)
class Service:
    """A service of the file, one of its replicas.

    Attributes:
        name: as it is shown: ``worker-2``.
        command: program and arguments.
        environment: beside that of this process.
        healthcheck: a command that ends with 0 once others may start; empty where nobody waits.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    healthcheck: list[str]


def services(variables: Mapping[str, str], file: Path = HERE / "compose.yaml") -> list[Service]:
    """The services in the order in which they can be started.

    Args:
        variables: what stands for ``${NAME}``.
        file: the compose file.

    Raises:
        SystemExit: a variable that the file needs is not set.
    """
    document = _filled(yaml.safe_load(file.read_text(encoding="utf-8")), variables)
    described: dict[str, Any] = document["services"]
    found: list[Service] = []
    for name in _in_order(described):
        one = described[name]
        environment = {key: str(value) for key, value in one.get("environment", {}).items()}
        test = one.get("healthcheck", {}).get("test", ["CMD"])[1:]
        count = one.get("deploy", {}).get("replicas", 1)
        names = [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
        found += [Service(each, list(one["command"]), environment, test) for each in names]
    return found


def _in_order(described: Mapping[str, Any]) -> Iterator[str]:
    done: set[str] = set()
    while len(done) < len(described):
        ready = [
            name
            for name, one in described.items()
            if name not in done and done >= set(one.get("depends_on", ()))
        ]
        assert ready, "the services wait for each other"
        yield from ready
        done.update(ready)


def _filled(part: Any, variables: Mapping[str, str]) -> Any:
    """With values for ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?why}``, as compose fills them in."""
    if isinstance(part, dict):
        return {key: _filled(value, variables) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, variables) for value in part]
    if not isinstance(part, str):
        return part

    def value(match: re.Match[str]) -> str:
        name, kind, otherwise = match.groups()
        given = variables.get(name, "")
        if not given and kind == "?":
            raise SystemExit(f"{name} is not set: {otherwise}.")
        return given or (otherwise if kind == "-" else "")

    return _VARIABLE.sub(value, part)


class Fleet:
    """The running services.

    Args:
        folder: of their data.
        variables: of the file and of all programs.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = dict(variables)
        self._running: dict[str, subprocess.Popen[str]] = {}

    def start(self) -> None:
        """Start all, each when those that it needs answer."""
        for service in services(self._variables):
            is_database = service.command[0] == "postgres"
            environment = self._variables | service.environment
            user: dict[str, Any] = {}
            if is_database:
                data, user = self._database_folder(service.environment)
                environment["PGDATA"] = str(data)
            print(f"{service.name} | starts: {' '.join(service.command)}", flush=True)
            process = subprocess.Popen(
                service.command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C at a terminal comes here alone, and from here to them in order
                cwd=HERE.parent if not is_database else "/",
                **user,
            )
            self._running[service.name] = process
            threading.Thread(target=_say, args=(service.name, process.stdout), daemon=True).start()
            if service.healthcheck:
                self._wait_for(service, process, environment)

    def _wait_for(
        self, service: Service, process: subprocess.Popen[str], environment: dict[str, str]
    ) -> None:
        end = time.monotonic() + HEALTHY_WITHIN
        while subprocess.run(
            service.healthcheck, env=environment, capture_output=True, check=False
        ).returncode:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{service.name} did not start.")
            time.sleep(1)

    def _database_folder(self, environment: Mapping[str, str]) -> tuple[Path, dict[str, Any]]:
        """What PostgreSQL's image does before its first start; and as whom the server runs, which refuses root."""
        user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        data = self._folder / "postgresql"
        if (data / "PG_VERSION").exists():
            return data, user
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = data.parent / "initial-password"
        password.touch(mode=0o600)
        password.write_text(environment["POSTGRES_PASSWORD"], encoding="utf-8")
        if user:
            for path in (data, password):
                shutil.chown(path, **user)
        name = environment["POSTGRES_USER"]
        making: dict[str, Any] = {"env": self._variables, "check": True, "cwd": "/", **user}
        making |= {"capture_output": True}
        options = ["--auth=scram-sha-256", "--encoding=UTF8", f"--username={name}", f"--pwfile={password}"]
        subprocess.run(["initdb", *options, f"--pgdata={data}"], **making)
        password.unlink()
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"unix_socket_directories = '{data}'\n")
        statement = f'CREATE DATABASE "{environment["POSTGRES_DB"]}"\n'
        subprocess.run(
            ["postgres", "--single", "-D", str(data), "postgres"], input=statement.encode(), **making
        )
        return data, user

    def wait(self) -> None:
        """Until one of them ends; none is meant to."""
        while all(process.poll() is None for process in self._running.values()):
            time.sleep(0.5)
        ended = [name for name, process in self._running.items() if process.poll() is not None]
        print(f"fleet | {', '.join(ended)} ended, and so do the others", flush=True)

    def stop(self) -> None:
        """End all, the last one first; workers may finish what is under way."""
        for name, process in reversed(self._running.items()):
            process.send_signal(signal.SIGINT if process.args[0] == "postgres" else signal.SIGTERM)  # type: ignore[index]
            while process.poll() is None:
                time.sleep(0.1)
            print(f"{name} | ended with {process.returncode}", flush=True)

    def kill(self) -> None:
        """SIGKILL to all that are left."""
        for process in self._running.values():
            process.kill()


def _say(name: str, stream: IO[str]) -> None:
    for line in stream:
        print(f"{name} | {line.rstrip()}", flush=True)


def _path() -> str:
    """Where programs are found: beside this Python, then where Debian keeps those of PostgreSQL."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *map(str, debian[-1:])]
    return os.pathsep.join(folders)


def _kept_password(folder: Path) -> str:
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    return file.read_text(encoding="ascii")


def main() -> int:
    """Start all, wait for Ctrl-C, end all."""
    parser = argparse.ArgumentParser(description=__doc__)
    # PostgreSQL is not run by root, and what it runs as may not look into root's own folder.
    otherwise = user_data_path("finetune-coverage-fleet")
    if os.geteuid() == 0:
        otherwise = Path("/var/lib/finetune-coverage-fleet")
    parser.add_argument(
        "--folder", type=Path, default=otherwise, help="where their data are kept (%(default)s)"
    )
    folder: Path = parser.parse_args().folder.absolute()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    variables = dict(os.environ) | {
        "PATH": _path(),
        "PYTHONUNBUFFERED": "1",
        "FLEET_HOME": str(folder / "home"),
    }
    variables["FLEET_PASSWORD"] = variables.get("FLEET_PASSWORD") or _kept_password(folder)
    fleet = Fleet(folder, variables)

    def interrupt(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, kill)
        signal.signal(signal.SIGINT, kill)
        raise KeyboardInterrupt

    def kill(_number: int, _frame: object) -> None:
        fleet.kill()

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    is_wanted = False
    try:
        fleet.start()
        print("fleet | all have been started; Ctrl-C ends them", flush=True)
        fleet.wait()
    except KeyboardInterrupt:
        is_wanted = True
    finally:
        fleet.stop()
    return 0 if is_wanted else 1


if __name__ == "__main__":
    sys.exit(main())
