"""Exporting a dataset whose records lie in shards: a folder with a file for each shard and half."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from ..data_folder import files_for_the_person
from ..dataset.exporter import ExportReport, target_weights, with_losses
from ..dataset.exports.config_files import config_file
from ..dataset.exports.dataset_card import dataset_card
from ..dataset.exports.export_format import OPENAI, TRAIN, VALIDATION, ExportFormat, format_named
from ..dataset.exports.huggingface import require_parquet
from ..dataset.exports.oversampling import Oversampling
from ..dataset.exports.record_files import RecordFiles, write_rows
from ..dataset.exports.split import Division, Split
from ..dataset.exports.survey import Selection, Survey, learnable, survey_rows
from ..dataset.exports.tally import Tally
from ..dataset.record import Origin
from ..dataset.topic_names import require_topics
from ..errors import InvalidInput
from ..new_files import appearing_together
from ..store.shards import Shard
from ..store.store import Store
from ..store.stored_rows import StoredRow
from .cluster import RayCluster
from .shard_files import Changes, shard_rows
from .sharded_dataset import ShardedDataset, sharded_dataset
from .stages import each


@dataclass(frozen=True)
class ExportOrder:
    """What is wanted; as `export_records` has it."""

    file_format: str = OPENAI.name
    include_all: bool = False
    origin: Origin | None = None
    split: float | None = None
    seed: int = 0
    real_validation: bool = False
    provenance: bool = False
    leave_out_unfit: bool = False
    oversample: bool = False
    without_topics: tuple[str, ...] = ()
    ending_with_assistant: bool = False

    @property
    def form(self) -> ExportFormat:
        """The format."""
        return format_named(self.file_format)

    @property
    def selection(self) -> Selection:
        """Which records are taken."""
        return Selection(self.include_all, self.without_topics, self.ending_with_assistant)

    @property
    def division(self) -> Division | None:
        """How the dataset is divided, if it is."""
        return None if self.split is None else Division(self.split, self.seed, self.real_validation)

    @property
    def halves(self) -> tuple[str, ...]:
        """What the dataset is divided into."""
        return (TRAIN, VALIDATION) if self.split is not None else (TRAIN,)

    def files_of(self, folder: Path, number: int) -> dict[str, Path]:
        """The file of each half that a shard is written into."""
        inner, suffix = (folder / "data", "parquet") if self.form.is_folder else (folder, "jsonl")
        return {half: inner / f"{half}-{number:06d}.{suffix}" for half in self.halves}


def export_sharded(
    store: Store,
    cluster: RayCluster,
    workflow_id: str,
    target: Path,
    folder: str,
    order: ExportOrder,
    *,
    overwrite: bool = False,
) -> ExportReport:
    """Write the active records of a workflow into a folder, a file for each shard and half.

    The files of a half, in the order of their names, hold what `export_records` writes into one. What was generated is
    in files of its own, the last ones; exported alone, these have the same names. What a trainer needs beside the data
    is written for ``huggingface`` only.

    Args:
        store: where the workflow is.
        cluster: what writes; every machine of it must reach the folder.
        workflow_id: whose records they are.
        target: the folder; it appears when it is whole.
        folder: where shards lie.
        order: what is wanted.
        overwrite: replace a folder that is there.

    Raises:
        InvalidInput: there is such a folder, records do not fit, a value is impossible, or records are in the store.
        TopicNotFound: there is no such topic to leave out.
        WorkflowNotFound: there is no such workflow.
    """
    require_topics(store, workflow_id, order.without_topics)
    target = target.expanduser().absolute()
    if order.split is not None and not 0 < order.split < 1:
        raise InvalidInput(
            f"The share for training is {order.split}.", hint="Give a number between 0 and 1, such as 0.9."
        )
    if order.form.is_folder:
        require_parquet()
    if target.is_symlink() or (target.exists() and (not target.is_dir() or not overwrite)):
        raise InvalidInput(
            f"{target} is there already.",
            hint="--engine ray writes a folder: name another, or allow it to be replaced (--overwrite).",
        )
    written = target.with_name(f".{target.name[:100]}.{uuid4().hex}.part")
    weights = target_weights(store, workflow_id) if order.oversample else {}
    try:
        with files_for_the_person():
            written.mkdir(parents=True)
        with sharded_dataset(store, workflow_id, folder) as dataset:
            report = cluster.run(_export, dataset, written, order, weights)
        for left in written.rglob(".*.part"):  # of a worker that died
            left.unlink()
        if target.exists():
            shutil.rmtree(target)
        written.rename(target)
    except OSError as error:
        raise InvalidInput(
            f"{target} cannot be written: {error.strerror or error}.", hint="Check the folder and the disk."
        ) from error
    finally:
        shutil.rmtree(written, ignore_errors=True)
    _open_as_the_person_does(target)
    files = tuple(sorted(file for file in target.rglob("*") if file.is_file()))
    return replace(report, path=target, files=files)


def _open_as_the_person_does(target: Path) -> None:
    """Workers make files that are their owner's alone, as this program does with its own."""
    with files_for_the_person():
        os.umask(umask := os.umask(0))
    for path in (target, *target.rglob("*")):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)


@dataclass(frozen=True)
class _Part:
    """A shard to write, with the records of each topic that are written before it."""

    shard: Shard
    before: Counter[str | None]


@dataclass
class _Written:
    counting: Survey
    tally: Tally
    repeated: Counter[str]


def _export(
    dataset: ShardedDataset, folder: Path, order: ExportOrder, weights: dict[str, float]
) -> ExportReport:
    # For what was generated alone, the shards of the import are not read: there may be very many.
    shards = dataset.added if order.origin == "synthetic" else dataset.shards
    changes = dataset.changes
    looks_first = order.form.convert is not None or order.split is not None or order.oversample
    survey, parts = Survey(), [_Part(shard, Counter()) for shard in shards]
    if looks_first:
        survey, parts = _survey(shards, changes, order)
        if not order.leave_out_unfit:
            survey.refuse_unfit(order.form)
    topics, split = survey.topics, survey.split

    def write(part: _Part) -> _Written:
        repeats = Oversampling(topics, weights, part.before) if order.oversample else None
        return _write(part.shard, changes, folder, order, split, repeats)

    counting, tally, repeated = Survey(), Tally(), Counter[str]()
    for one in each(parts, write, doing="Writing"):
        counting.add_part(one.counting)
        tally.add_part(one.tally)
        repeated.update(one.repeated)
    if (card := config_file(order.form, folder)) is not None and order.form.is_folder:
        halves = {half: f"data/{half}-*.parquet" for half in order.halves}
        card.path.write_text(dataset_card(folder.name.split(".")[1], tally, halves), encoding="utf-8")
    report = ExportReport(
        folder,
        tally.records,
        tally.synthetic.total(),
        tally.relabelled,
        counting.without_assistant,
        format=order.form.name,
        halves={half: tally.halves[half] for half in order.halves},
        synthetic_halves={half: tally.synthetic_halves[half] for half in order.halves},
        only_training=split.only_training if split else {},
        over_share=split.over_share if split else {},
        under_share=split.under_share if split else {},
        repeated={topic: count for topic, count in repeated.items() if count},
    )
    return with_losses(report, survey, counting)


def _survey(shards: Sequence[Shard], changes: Changes, order: ExportOrder) -> tuple[Survey, list[_Part]]:
    def look(shard: Shard) -> Survey:
        return survey_rows(_rows(shard, changes, order), order.form, order.selection, order.division)

    found = each(shards, look, doing="Looking at records")
    survey = survey_rows([], order.form, order.selection, order.division)
    for one in found:
        survey.add_part(one)
    survey.divide()
    parts, before = [], Counter[str | None]()
    for shard, one in zip(shards, found, strict=True):
        parts.append(_Part(shard, before.copy()))
        before.update(
            one.topics
            if survey.split is None or one.splitter is None
            else one.splitter.for_training(survey.split)
        )
    return survey, parts


def _rows(shard: Shard, changes: Changes, order: ExportOrder) -> Iterator[StoredRow]:
    return (row for row in shard_rows(shard, changes) if order.origin is None or row.origin == order.origin)


def _write(
    shard: Shard,
    changes: Changes,
    folder: Path,
    order: ExportOrder,
    split: Split | None,
    repeats: Oversampling | None,
) -> _Written:
    counting, repeated = Survey(), Counter[str]()
    paths = order.files_of(folder, shard.number)
    with files_for_the_person(), appearing_together(folder, overwrite=True) as files:
        records = RecordFiles(order.form, paths, files, provenance=order.provenance)
        has_sidecar = order.provenance and not order.form.is_folder
        sidecar = files.open(folder / f"provenance-{shard.number:06d}.jsonl") if has_sidecar else None
        rows = learnable(_rows(shard, changes, order), counting, order.selection)
        write_rows(rows, records, split, repeats, repeated, sidecar)
        records.close()
    return _Written(counting, records.tally, repeated)
