"""The few-shot index: vectors of the records in Chroma, to find examples that are close and varied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings

from ..dataset.record import Record
from ..errors import InvalidInput
from .chroma_client import FolderClient, ServerClient
from .chroma_import import import_chroma
from .index_entries import collection_name, embedding_name, entry_metadata, indexed_text
from .spread import Vectors, indexed_rows, spread_out, unit_rows

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection as ChromaCollection

_BATCH = 128
"""Records embedded at once: small enough that progress shows every second with the embedded model."""
_IDS_AT_ONCE = 1000
_MIDDLE = 1000
"""Records of a topic whose vectors tell where its middle is."""
_POOL = 5
"""How many times as many as are wanted Chroma is asked for; those that are unlike each other are chosen among them."""
_FORMAT = 2
"""Goes up when what is embedded, or how it is filed, changes: older collections are then made anew."""

OnIndexed = Callable[[int], None]


class FewShotIndex:
    """Finds seeds and neighbours among the records of a workflow; one collection per workflow.

    It holds nothing that the store does not have: it may be deleted at any time and is filled again by
    `ensure`. Vectors of another embedding model are thrown away.
    """

    def __init__(
        self,
        embeddings: Embeddings | Callable[[str], Embeddings],
        *,
        path: Path | None = None,
        url: str | None = None,
    ) -> None:
        """Remember where the index is; nothing is opened or loaded yet.

        Args:
            embeddings: makes the vectors; or what gives the model of a workflow.
            path: folder of the index, when it is kept on this machine.
            url: address of a Chroma server, which then is used instead.
        """
        if url is None and path is None:
            raise ValueError("either path or url is needed")
        self._embeddings_of = (lambda _: embeddings) if isinstance(embeddings, Embeddings) else embeddings
        self._chroma = ServerClient(url) if url else FolderClient(Path(path or "."))

    def ensure(
        self, workflow_id: str, records: Iterable[Record], on_progress: OnIndexed | None = None
    ) -> int:
        """Add the records that are missing, and note topics that have changed.

        Args:
            workflow_id: whose index it is.
            records: what should be in it; those that are in it already cost little.
            on_progress: called with the number of records seen so far.

        Returns:
            How many were added.
        """
        added = seen = 0
        rest = iter(records)
        while batch := {record.id: record for record in islice(rest, _BATCH)}:
            added += self._ensure_batch(workflow_id, batch)
            seen += len(batch)
            if on_progress is not None:
                on_progress(seen)
        return added

    def spread(
        self,
        workflow_id: str,
        topic: str,
        k: int,
        *,
        exclude: Collection[str] = (),
        query: str | None = None,
        trade_off: float = 0.5,
    ) -> list[str]:
        """Choose seeds of a topic that are typical, or close to a query, and unlike each other.

        Chroma finds the nearest; among them the choice is made by maximal marginal relevance.
        The same index and arguments give the same answer. An index that was not filled gives none.

        Args:
            workflow_id: whose index it is.
            topic: only real records of this topic with an assistant turn are taken.
            k: how many.
            exclude: record ids not to be taken.
            query: text to be close to; without it, the middle of the topic.
            trade_off: 1 asks for closeness only, 0 for variety only.

        Returns:
            Record ids in the order in which they were chosen; fewer than ``k`` when there are fewer.
        """
        if not 0 <= trade_off <= 1:
            raise ValueError(f"trade_off is between 0 and 1, not {trade_off}")
        if k <= 0:
            return []
        asked = None if query is None else self._embeddings_of(workflow_id).embed_query(query)
        with self._chroma.use() as client:
            collection = self._find(client, workflow_id)
            if collection is None:
                return []
            usable: dict[str, Any] = {"$and": [{"topic": topic}, {"usable": True}]}
            if asked is None:
                middle = collection.get(where=usable, include=["embeddings"], limit=_MIDDLE)
                if not middle["ids"]:
                    return []
                asked = unit_rows(middle["embeddings"]).mean(axis=0)
            wanted = unit_rows(asked)[0]
            found = collection.query(
                query_embeddings=[wanted],
                n_results=min(_POOL * k + len(exclude), collection.count()) or 1,
                where=usable,
                include=["embeddings"],
            )
        vectors = found["embeddings"]
        rows = {} if vectors is None else dict(zip(found["ids"][0], vectors[0], strict=True))
        # Sorted, so that the order of arrival does not show in the answer.
        ids = sorted(record_id for record_id in rows if record_id not in set(exclude))
        if not ids:
            return []
        candidates = unit_rows([rows[record_id] for record_id in ids])
        return [ids[row] for row in spread_out(candidates, wanted, k, trade_off)]

    def nearest(self, workflow_id: str, record_id: str, topic: str, k: int) -> list[tuple[str, float]]:
        """The real records of a topic that are most like a record, by the vectors that are there; none is made for it.

        Args:
            workflow_id: whose index it is.
            record_id: the record; itself it is not among those that are found.
            topic: only real records of this topic with an assistant turn.
            k: how many at most.

        Returns:
            Ids with cosines, nearest first; nothing where the record is not in the index.
        """
        with self._chroma.use() as client:
            collection = self._find(client, workflow_id)
            own = _rows_by_id(collection.get(ids=[record_id], include=["embeddings"])) if collection else {}
            if collection is None or not own:
                return []
            found = collection.query(
                query_embeddings=[own[record_id]],
                n_results=min(k + 1, collection.count()),
                where={"$and": [{"topic": topic}, {"usable": True}]},
                include=["distances"],
            )
        distances = (found["distances"] or [[]])[0]
        ids = [(other, 1.0 - distance) for other, distance in zip(found["ids"][0], distances, strict=True)]
        return [(other, round(cosine, 3)) for other, cosine in ids if other != record_id][:k]

    def vectors(self, workflow_id: str, ids: Sequence[str]) -> Vectors:
        """The unit vectors of records, shape (len(ids), dimensions), in the order of the ids.

        Raises:
            InvalidInput: a record is not in the index.
        """
        rows: dict[str, Any] = {}
        with self._chroma.use() as client:
            collection = self._find(client, workflow_id)
            for start in range(0, len(ids) if collection else 0, _IDS_AT_ONCE):
                part = list(dict.fromkeys(ids[start : start + _IDS_AT_ONCE]))
                if collection:
                    rows |= _rows_by_id(collection.get(ids=part, include=["embeddings"]))
        missing = [record_id for record_id in ids if record_id not in rows]
        if missing:
            raise InvalidInput(
                f"{len(missing)} records are not in the index of {workflow_id!r}, such as {missing[0]!r}.",
                hint="The index has to be filled first.",
            )
        return indexed_rows([rows[record_id] for record_id in ids]) if ids else np.empty((0, 0), np.float32)

    def remove(self, workflow_id: str, ids: Sequence[str]) -> None:
        """Take records out, such as those that a review rejected; unknown ids are ignored."""
        with self._chroma.use(writes=True) as client:
            collection = self._find(client, workflow_id)
            for start in range(0, len(ids) if collection else 0, _IDS_AT_ONCE):
                if collection:
                    collection.delete(ids=list(ids[start : start + _IDS_AT_ONCE]))

    def delete(self, workflow_id: str) -> None:
        """Delete the index of a workflow; nothing happens when there is none."""
        with self._chroma.use(writes=True) as client:
            try:
                client.delete_collection(collection_name(workflow_id))
            except import_chroma().errors.NotFoundError:
                return

    def close(self) -> None:
        """Let go of the folder; it is opened again at the next use."""
        self._chroma.close()

    def _ensure_batch(self, workflow_id: str, batch: Mapping[str, Record]) -> int:
        with self._chroma.use() as client:
            collection = self._find(client, workflow_id)
            known = dict(_metadata_by_id(collection, list(batch))) if collection else {}
        new = [record for record in batch.values() if record.id not in known]
        moved = [
            record
            for record in batch.values()
            if record.id in known and known[record.id] != entry_metadata(record)
        ]
        if not new and not moved:
            return 0
        # Outside of the lock: this is the slow part.
        texts = [indexed_text(record) for record in new]
        rows = (
            indexed_rows(self._embeddings_of(workflow_id).embed_documents(texts))
            if texts
            else np.empty((0, 0), np.float32)
        )
        with self._chroma.use(writes=True) as client:
            collection = self._find(client, workflow_id) or self._make(client, workflow_id)
            for part in _parts(range(len(new)), client.get_max_batch_size()):
                # Not `add`: another process may have added the same ones meanwhile.
                collection.upsert(
                    ids=[new[row].id for row in part],
                    embeddings=rows[part.start : part.stop],
                    metadatas=[entry_metadata(new[row]) for row in part],
                )
            if moved:
                collection.update(
                    ids=[record.id for record in moved],
                    metadatas=[entry_metadata(record) for record in moved],
                )
        return len(new)

    def _find(self, client: ClientAPI, workflow_id: str) -> ChromaCollection | None:
        """The collection, if it is there and was made by this embedding model."""
        try:
            collection = client.get_collection(collection_name(workflow_id), embedding_function=None)
        except import_chroma().errors.NotFoundError:
            return None
        return collection if collection.metadata == self._metadata(workflow_id) else None

    def _make(self, client: ClientAPI, workflow_id: str) -> ChromaCollection:
        name = collection_name(workflow_id)
        with suppress(import_chroma().errors.NotFoundError):
            client.delete_collection(name)  # one of another embedding model
        return client.create_collection(
            name,
            metadata=self._metadata(workflow_id),
            configuration={"hnsw": {"space": "cosine"}},
            embedding_function=None,
        )

    def _metadata(self, workflow_id: str) -> dict[str, Any]:
        return {
            "workflow": workflow_id,
            "embedding_model": embedding_name(self._embeddings_of(workflow_id)),
            "format": _FORMAT,
        }


def _rows_by_id(found: Mapping[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {}
    return dict(zip(found["ids"], found["embeddings"], strict=True))


def _metadata_by_id(collection: ChromaCollection, ids: list[str]) -> Iterator[tuple[str, Any]]:
    found = collection.get(ids=ids, include=["metadatas"])
    yield from zip(found["ids"], found["metadatas"] or (), strict=True)


def _parts(rows: range, size: int) -> Iterator[range]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
