"""Leases: who works at something, told in the database, for as long as they go on telling it.

A job is carried out, and a conversation held, by one process at a time, of however many machines. Whoever begins takes
a lease on it, and renews it every second; one that was not renewed for a while may be taken by anybody. A worker that
was only away meanwhile (a suspended machine, a lost network) must not go on as if nothing had happened: each holder
has a number, higher than all before it, and a transaction of somebody whose number is not the latest is refused
(`held`; a fencing token, https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).

The time is that of the database where it has a server, so the clocks of the machines do not matter.

Beside its lease a worker has a lock of the operating system on a file in its data folder. That one is gone the moment
that its process dies, so whoever shares the folder need not wait until the lease has run out.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, RowMapping, extract, func, select, update

from ..data_folder import make_private_folder, open_data_folder
from ..errors import Busy
from .journal_tables import leases
from .migration import NewerStore
from .store import Store, insert_into, store_of

PATIENCE = 0.5
"""Seconds to wait for the lock of a process that may have died: others who look at it have it for a moment."""


class LeaseTaken(Busy):
    """Somebody holds it.

    Attributes:
        holder: who, in words.
        seconds: until it runs out, if they are never heard of again.
    """

    def __init__(self, name: str, holder: str, seconds: float) -> None:
        super().__init__(f"{name.capitalize()} is held by {holder}.", hint="Wait for it, or stop it there.")
        self.holder = holder
        self.seconds = seconds


class LeaseLost(Busy):
    """Somebody else holds by now what this process held."""


class Lease:
    """What this process holds; made by `Lease.take`.

    Attributes:
        name: of what is held.
        number: of this holder, higher than those of all before.
        is_lost: whether it was seen that somebody else has taken it.
        is_released: whether this holder has let go of it.
    """

    def __init__(
        self, store: Store, name: str, number: int, seconds: float, lock: FileLock, home: Path
    ) -> None:
        self._store = store
        self._home = home
        self.name = name
        self.number = number
        self._seconds = seconds
        self._lock = lock
        self.is_released = False
        self.is_lost = False
        self._renewed_at = time.monotonic()

    @classmethod
    def take(cls, store: Store, home: Path, name: str, holder: str, *, seconds: float) -> Lease:
        """Take a lease; to be renewed, and released at the end.

        Args:
            store: the database that tells it to all.
            home: the data folder of this process.
            name: of what is to be held.
            holder: who takes it, in words.
            seconds: how long it lasts when it is not renewed.

        Raises:
            LeaseTaken: somebody holds it.
        """
        found = _row(store, name)
        dead = found["number"] if found and _has_died(store, home, found) else None
        lock = None
        try:
            with store.write(name) as connection:
                now = database_time(connection)
                row = _row_within(connection, name)
                if row is not None and row["until"] > now and row["number"] != dead:
                    raise LeaseTaken(name, row["holder"], row["until"] - now)
                number = row["number"] + 1 if row is not None else 1
                # Before anybody can see the lease: who finds it without its lock would think that we are elsewhere.
                lock = _lock_file(store, home, name, number)
                lock.acquire(timeout=PATIENCE)
                values = {"number": number, "holder": _words(holder), "until": now + seconds}
                statement = insert_into(connection, leases).values(name=name, **values)
                connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        except BaseException:
            if lock is not None:
                _let_go(lock)
            raise
        if dead is not None:
            _remove(_lock_file(store, home, name, dead))
        return cls(store, name, number, seconds, lock, home)

    def renew(self) -> None:
        """Go on holding it.

        Raises:
            LeaseLost: somebody else has it.
            NewerStore: a newer version of this program has changed the store; then it is lost, too.
        """
        try:
            with self._store.write(self.name) as connection:
                mine = (leases.c.name == self.name) & (leases.c.number == self.number)
                until = database_time(connection) + self._seconds
                if not connection.execute(update(leases).where(mine).values(until=until)).rowcount:
                    self._lost(connection)
        except NewerStore:
            self.is_lost = True
            raise
        self._renewed_at = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since it was taken, or renewed last."""
        return time.monotonic() - self._renewed_at

    def release(self) -> None:
        """Let go of it, if it is still held."""
        self.is_released = True
        try:
            with self._store.write(self.name) as connection:
                mine = (leases.c.name == self.name) & (leases.c.number == self.number)
                connection.execute(update(leases).where(mine).values(until=0.0))
        finally:
            _let_go(self._lock)

    def check(self, connection: Connection | None = None) -> None:
        """Make sure that nobody else has it.

        Args:
            connection: a transaction that writes to the lease's store; then it is sure until the end of that.

        Raises:
            LeaseLost: somebody else has it.
        """
        query = select(leases.c.number).where(leases.c.name == self.name)
        if connection is None:
            with self._store.read() as reading:
                if reading.execute(query).scalar() != self.number:
                    self._lost(reading)
        # Where a transaction locks single rows, whoever takes the lease meanwhile waits for its end.
        elif connection.execute(query.with_for_update(read=True)).scalar() != self.number:
            self._lost(connection)

    def is_of(self, store: Store) -> bool:
        """Whether it is told in this store, however often that was opened."""
        return store.address == self._store.address

    def sees_death_of(self, row: RowMapping) -> bool:
        """Whether the holder of another lease was a process with the same data folder, and is no more.

        Args:
            row: of the table of leases.
        """
        return _has_died(self._store, self._home, row, 0)

    def _lost(self, connection: Connection) -> None:
        self.is_lost = True
        row = _row_within(connection, self.name)
        who = row["holder"] if row is not None else "somebody"
        raise LeaseLost(
            f"{self.name.capitalize()} was taken over by {who}: this process had not been heard of for too long.",
            hint="Nothing that was accepted is lost; it goes on there.",
        )


_held: ContextVar[tuple[Lease, ...]] = ContextVar("held", default=())


@contextmanager
def held(lease: Lease) -> Iterator[None]:
    """Whatever is written in this context to the lease's store is written only while the lease is held."""
    _held.set((*_held.get(), lease))
    try:
        yield
    finally:
        # Not by a token: a server may end what it holds from another task than the one that began.
        _held.set(tuple(one for one in _held.get() if one is not lease))


def refuse_if_lost(connection: Connection) -> None:
    """For the store, at the beginning of each transaction that writes; raises `LeaseLost`."""
    for lease in _held.get():
        if not lease.is_released and lease.is_of(store_of(connection)):
            lease.check(connection)


def refuse_if_any_lost() -> None:
    """For what is written elsewhere than to the store; blocking. Raises `LeaseLost`."""
    for lease in _held.get():
        if not lease.is_released:
            lease.check()


def is_held(store: Store, home: Path, name: str) -> bool:
    """Whether somebody holds a lease now, as far as can be told from here."""
    return bool(living(store, home, [name]))


def living(store: Store, home: Path, names: Iterable[str]) -> set[str]:
    """Those of some leases that somebody holds now, as far as can be told from here."""
    with store.read() as connection:
        now = database_time(connection)
        query = select(leases).where(leases.c.name.in_(list(names)), leases.c.until > now)
        rows = connection.execute(query).mappings().all()
    return {row["name"] for row in rows if not _has_died(store, home, row, 0)}


@dataclass(frozen=True)
class HeldLease:
    """A lease that somebody holds.

    Attributes:
        name: of what is held.
        holder: who, in words.
        seconds: until it runs out, if they are never heard of again.
    """

    name: str
    holder: str
    seconds: float


def held_leases(store: Store, kind: str) -> list[HeldLease]:
    """All leases of a kind that have not run out, by name; a holder that died less than its lease ago is among them.

    Args:
        store: the database that tells them.
        kind: how their names begin, such as ``"job "``.
    """
    with store.read() as connection:
        now = database_time(connection)
        query = select(leases).where(leases.c.name.startswith(kind, autoescape=True), leases.c.until > now)
        rows = connection.execute(query.order_by(func.length(leases.c.name), leases.c.name)).mappings().all()
    return [HeldLease(row["name"], row["holder"], row["until"] - now) for row in rows]


def database_time(connection: Connection) -> float:
    """Seconds since 1970 by the clock of the database's server, or of this machine where there is none."""
    if not store_of(connection).is_shared:
        return time.time()
    return float(connection.execute(select(extract("epoch", func.clock_timestamp()))).scalar_one())


def _row(store: Store, name: str) -> RowMapping | None:
    with store.read() as connection:
        return _row_within(connection, name)


def _row_within(connection: Connection, name: str) -> RowMapping | None:
    return connection.execute(select(leases).where(leases.c.name == name)).mappings().first()


def _words(program: str) -> str:
    since = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")[:19]
    return f"{program}, process {os.getpid()} on {socket.gethostname()}, since {since} UTC"


def _lock_file(store: Store, home: Path, name: str, number: int) -> FileLock:
    # An id may hold what a file's name cannot; and several databases may be used with one folder.
    stem = hashlib.sha256(f"{store.address}\n{name}".encode()).hexdigest()[:24]
    folder = make_private_folder(open_data_folder(home) / "locks")
    return FileLock(folder / f"{stem}.{number}.lock", thread_local=False, mode=0o600)


def _has_died(store: Store, home: Path, row: RowMapping, patience: float = PATIENCE) -> bool:
    """Whether the holder was a process with this data folder, and is no more."""
    lock = _lock_file(store, home, row["name"], row["number"])
    if not row["until"] or not Path(lock.lock_file).exists():
        return False
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        return False
    lock.release()  # and the file stays: whoever looks next must see the same
    return True


def _let_go(lock: FileLock) -> None:
    lock.release()
    _remove(lock)


def _remove(lock: FileLock) -> None:
    with suppress(OSError):  # its number is never used again
        Path(lock.lock_file).unlink(missing_ok=True)
