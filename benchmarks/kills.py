"""kill -9 at a random moment of a job, again and again: what is lost, doubled, or paid for twice.

``python -m benchmarks.kills [postgresql]``: the store is a file, or a database of a PostgreSQL server that it starts.

The endpoint's own log is the witness. Counted strictly, a call is in flight at the kill when the endpoint had not sent
all of its answer by then. Whatever had been sent should be in the spool or the journal, so that nobody needs to ask
for it again: without fail when it had been sent 50 ms before. Of answers that were sent in the last milliseconds, some
lie in the socket, where the client has not read them yet; such a call is still in flight for the client, who cannot
have written down what it has not got. They are told apart by what the kernel says of the client's sockets: the process
is stopped (SIGSTOP), the bytes that wait in its sockets are read from /proc/net/tcp (Linux), and it is killed without
having run again. The rest had been read and were on their way into the spool. All are counted, with the age of the
oldest one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune_coverage.tools.generation.attempts.answer_spool import spooled_answers
from sqlalchemy import create_engine, text

from .endpoint import Behaviour
from .postgresql_server import PostgresqlServer
from .running_endpoint import Running, running_endpoint
from .table import markdown_table
from .throughput import run_process

DATABASE = "FINETUNE_COVERAGE_DATABASE_URL"
KILLS = 20
COUNT = 400
CONCURRENCY = 32
LATENCY = 0.15
GRACE = 0.05
"""Seconds before the kill from which on an answer may be lost on its way into the spool."""


def journalled(folder: Path, database: str | None = None) -> dict[str, Any]:
    """Accepted record ids, and the texts of every answer: those in the store, and those in spools.

    Args:
        folder: the data folder.
        database: the address of the store; None is a file in the folder.
    """
    server = database and database.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(server or f"sqlite:///{folder / 'coverage.db'}")
    with engine.connect() as connection:
        records = (
            connection.execute(text("SELECT id FROM records WHERE origin = 'synthetic'")).scalars().all()
        )
        slots = connection.execute(text("SELECT record_id FROM slots WHERE record_id IS NOT NULL")).scalars()
        found: dict[str, Any] = {"records": list(records), "slots": list(slots), "answers": set()}
        got: list[Any] = list(connection.execute(text("SELECT response, verdict FROM attempts")))
    engine.dispose()
    found["answers"].update(answer for one in got for answer in replies_of(one))
    found["answers"] |= in_spools(folder)
    return found


def in_spools(folder: Path) -> set[str]:
    """The texts of the answers in the spools of a data folder."""
    spools = (folder / "answers").glob("*")
    got = [one.paid for spool in spools for one in spooled_answers(spool).values()]
    return {answer for one in got for answer in replies_of(one)}


def replies_of(paid: Any) -> list[str]:
    """Every single answer that an attempt got: in ``response`` several stand as a list; and ``verdict``."""
    several = (paid.response or "").startswith('["')
    replies = json.loads(paid.response) if several else [paid.response]
    return [one for one in (*replies, paid.verdict) if one]


@dataclass(frozen=True)
class Kill:
    """When a process was killed, the ports of its connections, and of those in which something waited to be read.

    What the endpoint sends after that moment still gets into these sockets, until the process is gone.
    """

    moment: float
    ports: frozenset[int]
    unread: frozenset[int]


def kill(pid: int, server: int) -> Kill | None:
    """Kill a process, and say what it had not read yet; None when it had ended of itself.

    Args:
        pid: of the process; whoever started it waits for its end, perhaps in a thread, so it may be gone meanwhile.
        server: the port where the endpoint listens.
    """
    moment = time.time()
    try:
        os.kill(pid, signal.SIGSTOP)
        ports, unread = connections(pid, server)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return Kill(moment, ports, unread)


def killed_run(folder: Path, endpoint: Running, moment: float) -> Kill | None:
    """Start the job, kill it ``moment`` seconds after its first request; None when it had ended before."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.one_job",
        str(folder),
        endpoint.url,
        str(COUNT),
        str(CONCURRENCY),
    ]
    before = len(endpoint.log()["requests"])
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None and len(endpoint.log()["requests"]) == before:
        time.sleep(0.01)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        killed = kill(process.pid, endpoint.port)
        process.wait()
        return killed
    return None


def connections(pid: int, server: int) -> tuple[frozenset[int], frozenset[int]]:
    """Local ports of a process's connections to a server on this machine, and those in which bytes wait to be read.

    None of either where nobody can tell.
    """
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        own = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return frozenset(), frozenset()
    waiting = {}
    for line in lines:
        _, local, remote, _, queues, _, _, _, _, inode, *_ = line.split()
        if int(remote.split(":")[1], 16) == server and f"socket:[{inode}]" in own:
            waiting[int(local.split(":")[1], 16)] = int(queues.split(":")[1], 16)
    return frozenset(waiting), frozenset(port for port, size in waiting.items() if size)


def one_kill(seed: int, server: PostgresqlServer | None = None) -> dict[str, Any]:
    """One job that is killed once and resumed to its end.

    Args:
        seed: of the endpoint and of the moment.
        server: where the store is; None is a file.
    """
    database = server.url(server.new_database()) if server is not None else None
    os.environ.pop(DATABASE, None)
    os.environ |= {DATABASE: database} if database else {}
    moments = random.Random(seed)
    with (
        running_endpoint(Behaviour(latency=LATENCY, spread=0.3, seed=seed)) as endpoint,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name)
        ideal = COUNT / CONCURRENCY * LATENCY
        killed = killed_run(folder, endpoint, moments.uniform(0.05, ideal))
        time.sleep(3 * LATENCY)  # until the endpoint has noticed that nobody listens
        before = journalled(folder, database)
        log = endpoint.log()["requests"]
        moment = killed.moment if killed else 0.0
        # Requests that arrive after the kill had left before it.
        in_flight = sum(one["sent"] is None or one["sent"] >= moment for one in log)
        lost = [one for one in log if _is_lost(one, moment, before["answers"])]
        read = [one for one in lost if killed and one["port"] not in killed.unread]
        certain = [one["text"] for one in log if one["sent"] is not None and one["sent"] <= moment - GRACE]
        result = run_process("one_job", folder, endpoint.url, COUNT, CONCURRENCY, "resume") if killed else {}
        after = journalled(folder, database)
        calls = len(endpoint.log()["requests"])
    needed = len(after["answers"])
    return {
        "killed": killed is not None,
        "accepted_before": len(before["records"]),
        "in_flight": in_flight,
        "sent_and_lost": len(lost),
        "unread": len(lost) - len(read),
        "oldest_lost": max((moment - one["sent"] for one in lost), default=0.0),
        "received_and_lost": sum(answer not in before["answers"] for answer in certain),
        "lost": len(set(before["records"]) - set(after["records"])),
        "doubled": len(after["records"])
        - len(set(after["records"]))
        + len(after["slots"])
        - len(set(after["slots"])),
        "delivered": len(after["records"]),
        "status": result.get("status"),
        "repeats": calls - needed,
    }


def _is_lost(request: dict[str, Any], moment: float, journalled_answers: set[str]) -> bool:
    """Whether an answer that was sent before the kill is not in the journal."""
    was_sent = request["sent"] is not None and request["sent"] < moment
    return was_sent and request["text"] not in journalled_answers


def measure(server: PostgresqlServer | None = None) -> dict[str, Any]:
    """`KILLS` jobs, each killed at another moment."""
    runs: list[dict[str, Any]] = []
    seed = 0
    while len(runs) < KILLS:
        run = one_kill(seed, server)
        seed += 1
        if run["killed"]:
            runs.append(run)
    return {"runs": runs}


def measure_on_server() -> dict[str, Any]:
    """The same with databases of a PostgreSQL server."""
    server = PostgresqlServer(is_durable=True)
    try:
        return measure(server)
    finally:
        server.remove()


def report(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    rows = [
        (
            number,
            run["accepted_before"],
            f"{run['delivered']} of {COUNT}",
            run["lost"],
            run["doubled"],
            run["received_and_lost"],
            run["in_flight"],
            run["repeats"],
            run["sent_and_lost"],
            run["unread"],
            f"{run['oldest_lost'] * 1000:.1f} ms" if run["sent_and_lost"] else "–",
        )
        for number, run in enumerate(figures["runs"], 1)
    ]
    header = [
        "kill",
        "accepted before",
        "delivered in the end",
        "records lost",
        "doubled",
        f"answers received ≥ {GRACE * 1000:.0f} ms before and lost",
        "in flight at the kill",
        "calls repeated",
        "of these sent before the kill",
        "and of these not read by the client",
        "the oldest of them, before the kill",
    ]
    runs = figures["runs"]
    strictly = sum(run["repeats"] > run["in_flight"] for run in runs)
    beyond = sum(run["repeats"] > run["in_flight"] + run["unread"] for run in runs)
    lost, unread = (sum(run[name] for run in runs) for name in ("sent_and_lost", "unread"))
    return (
        f"{markdown_table(header, rows)}\n\nCounted strictly (a call is over when the endpoint has sent its answer), "
        f"more calls were repeated than in flight in {strictly} of {len(runs)} runs; with those in flight whose answer "
        f"the client had not read, in {beyond}. Of {sum(run['repeats'] for run in runs)} repeats, {lost} were of "
        f"answers sent before the kill, {unread} of them unread; the oldest was sent "
        f"{max(run['oldest_lost'] for run in runs) * 1000:.1f} ms before it."
    )


if __name__ == "__main__":
    print(report(measure_on_server() if "postgresql" in sys.argv[1:] else measure()))
