"""The places at an endpoint, shared by all jobs of one database that ask it, in whichever processes they run.

``max_concurrency`` is what an endpoint bears, not what a process may send. So each job tells in the database how many
requests it may have under way, and takes no more than the others leave; who has more than an even share gives some
back. A job raises its share only in a transaction that sees what the others have, so that together they never have
more than there are.
"""

from __future__ import annotations

from sqlalchemy import delete, select

from ...store.journal_tables import endpoint_shares, leases
from ...store.leases import Lease, database_time
from ...store.store import Store, insert_into
from .concurrency import AdaptiveLimit


class EndpointShare:
    """What one job may have under way at one endpoint.

    Args:
        store: that all these jobs use.
        lease: of the job.
        endpoint: its address.
        most: requests that it may be sent at once by all jobs together.
        limit: of the job; it gets its share here.
    """

    def __init__(self, store: Store, lease: Lease, endpoint: str, most: int, limit: AdaptiveLimit) -> None:
        self._store = store
        self._lease = lease
        self._endpoint = endpoint
        self._most = most
        self.limit = limit

    def negotiate(self, in_use: int) -> int:
        """Look at what others have, and take or give back; blocking.

        Args:
            in_use: what this job may have under way at this moment: its share, or more while it gives some back.

        Returns:
            Its share from now on. One that is smaller counts for the others when `in_use` is down to it.
        """
        with self._store.write(f"endpoint {self._endpoint}") as connection:
            query = (
                select(endpoint_shares.c.share, leases)
                .join(leases, leases.c.name == endpoint_shares.c.lease)
                .where(
                    endpoint_shares.c.endpoint == self._endpoint,
                    leases.c.until > database_time(connection),
                    leases.c.name != self._lease.name,
                )
            )
            others: dict[str, int] = {
                row["name"]: row["share"]
                for row in connection.execute(query).mappings().all()
                if not self._lease.sees_death_of(row)
            }
            jobs = sorted([*others, self._lease.name])
            even, left_over = divmod(self._most, len(jobs))
            even += jobs.index(self._lease.name) < left_over
            share = max(0, min(even, self._most - sum(others.values())))
            statement = insert_into(connection, endpoint_shares).values(
                endpoint=self._endpoint, lease=self._lease.name, share=max(share, in_use)
            )
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["endpoint", "lease"], set_={"share": statement.excluded.share}
                )
            )
        return share

    def leave(self) -> None:
        """Give all of it back; blocking."""
        with self._store.write(f"endpoint {self._endpoint}") as connection:
            connection.execute(
                delete(endpoint_shares).where(
                    endpoint_shares.c.endpoint == self._endpoint,
                    endpoint_shares.c.lease == self._lease.name,
                )
            )


def give_up_inherited(store: Store, lease: Lease) -> None:
    """Give back what the holder before had, who died: others may have it until this one is ready to send; blocking.

    What the dead one had under way is still being answered for the time of a call, so the endpoint may refuse some.
    """
    with store.write() as connection:
        connection.execute(delete(endpoint_shares).where(endpoint_shares.c.lease == lease.name))
