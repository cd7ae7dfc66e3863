"""Writing a workflow's records to the files that a trainer reads, in one of several formats."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..errors import InvalidInput
from ..new_files import NewFiles, appearing_together, refuse_existing
from ..store.store import Store
from ..store.stored_rows import OnProgress, StoredRow, count_rows, stored_rows, told
from ..store.workflows import list_topics
from .exports.config_files import ConfigFile, config_file, config_text, read_dataset_info
from .exports.export_format import (
    OPENAI,
    ExportFormat,
    beside,
    data_files,
    format_named,
)
from .exports.huggingface import require_parquet
from .exports.oversampling import Oversampling
from .exports.record_files import RecordFiles, write_rows
from .exports.split import Division
from .exports.survey import Selection, Survey, UnfitRecord, learnable, survey_rows
from .record import Origin
from .topic_names import require_topics


@dataclass(frozen=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        path: the file or folder that was asked for.
        written: records in it.
        synthetic: how many of them were generated.
        relabelled: how many of them carry another topic than their source did.
        left_out_without_assistant: active records without an assistant turn, which a trainer refuses.
        left_out_marked_bad: active records that are marked as bad answers.
        left_out_other_ending: active records that were to be left out for not ending with the assistant.
        format: the format's name.
        files: the files, data first, then what stands beside it.
        halves: records of each half: ``train``, and ``validation`` where the dataset was divided.
        synthetic_halves: how many of them were generated.
        left_out_unfit: records that the format cannot hold and that were left out.
        unfit: the first of them, with the reasons.
        lost: what the format does not hold, and how many records lost it.
        only_training: topics of which nothing could be spared for validation, with their records.
        over_share: topics whose share of validation is less than one record, and that give one all the same.
        under_share: topics that give real validation fewer, since records were generated from the others, with how
            many they give.
        repeated: topics whose records were written more than once, with the records that came of it.
        config: the stanza for the trainer, as it is also written beside the data.
        left_beside: fields that may carry a part of the conversation and stand beside it, with how many records have
            them; nothing is learnt from them.
        beside: all fields that stand beside the conversation and the topic, the same way.
        left_out_topics: topics that were left out, with their records.
    """

    path: Path
    written: int
    synthetic: int
    relabelled: int
    left_out_without_assistant: int
    format: str = OPENAI.name
    files: tuple[Path, ...] = ()
    halves: dict[str, int] = field(default_factory=dict)
    synthetic_halves: dict[str, int] = field(default_factory=dict)
    left_out_unfit: int = 0
    unfit: tuple[UnfitRecord, ...] = ()
    lost: dict[str, int] = field(default_factory=dict)
    only_training: dict[str, int] = field(default_factory=dict)
    over_share: dict[str, int] = field(default_factory=dict)
    under_share: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    config: str = ""
    left_beside: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    left_out_marked_bad: int = 0
    left_out_other_ending: int = 0
    left_out_topics: dict[str, int] = field(default_factory=dict)


OnSurvey = Callable[[ExportReport], None]
"""Told before anything is written what will be: records, losses, what is left out; without files."""


@dataclass(frozen=True)
class _Order:
    """What was asked for, and the files that it makes."""

    form: ExportFormat
    target: Path
    paths: dict[str, Path]
    config: ConfigFile | None
    sidecar: Path | None
    with_provenance: bool
    selection: Selection = field(default_factory=Selection)
    overwrite: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        beside_it = [self.config.path] if self.config else []
        return (*self.paths.values(), *beside_it, *([self.sidecar] if self.sidecar else []))


def export_records(
    store: Store,
    workflow_id: str,
    path: str | Path,
    *,
    include_all: bool = False,
    overwrite: bool = False,
    origin: Origin | None = None,
    file_format: str = OPENAI.name,
    split: float | None = None,
    seed: int = 0,
    real_validation: bool = False,
    provenance: bool = False,
    leave_out_unfit: bool = False,
    oversample: bool = False,
    without_topics: Sequence[str] = (),
    ending_with_assistant: bool = False,
    dry_run: bool = False,
    on_survey: OnSurvey | None = None,
    on_progress: OnProgress | None = None,
) -> ExportReport:
    """Write the active records of a workflow, in their order.

    In the format ``openai`` each is as its source wrote it: only a record whose topic was changed differs, and
    only in its topic field. The other formats say what they lose. The files appear when all are whole: an error
    leaves nothing behind, and older files as they were.

    Args:
        store: where the records are.
        workflow_id: whose they are.
        path: the file to write, or the folder (``huggingface``); made with its parents if it is missing.
        include_all: also write records without an assistant turn, which trainers refuse, and those that are marked as
            bad answers.
        overwrite: replace files that are there.
        origin: only real or only synthetic records.
        file_format: a name of `exports.export_format.FORMATS`.
        split: the share of the records for training, between 0 and 1; the rest of each topic is for validation.
        seed: another seed divides in another way.
        real_validation: no generated record is for validation, and no real one of which alone a record was generated.
        provenance: also write where each record comes from: into a file beside the data, for ``huggingface``
            into a column.
        leave_out_unfit: leave out records that the format cannot hold, instead of refusing.
        oversample: repeat the records of small topics for training, up to what their targets say. Trainers read
            repeated rows whatever their format, and weights of single records hardly any.
        without_topics: leave out the records of these topics.
        ending_with_assistant: leave out the records whose last message is not the assistant's.
        dry_run: write nothing, and say what would be written and lost.
        on_survey: told what will be written and lost, before it is. A format that loses nothing is written in one
            look, without.
        on_progress: told how many records are done, and of how many; where two looks are needed, all count twice.

    Raises:
        InvalidInput: a file is there already or cannot be written, records do not fit, or a value is impossible.
        TopicNotFound: there is no such topic to leave out.
        WorkflowNotFound: there is no such workflow.
    """
    order = _ordered(Path(path).expanduser(), file_format, split, provenance, overwrite)
    if real_validation and split is None:
        raise InvalidInput("Nothing is for validation.", hint="Give the share for training too, such as 0.9.")
    selection = Selection(include_all, tuple(without_topics), ending_with_assistant)
    order = replace(order, selection=selection)
    require_topics(store, workflow_id, without_topics)
    with store.read() as connection:
        survey = Survey()
        rows = partial(stored_rows, connection, workflow_id, origin)
        looks_first = order.form.convert is not None or split is not None or oversample or dry_run
        looks = int(looks_first) + (not dry_run)
        total = looks * count_rows(connection, workflow_id, origin) if on_progress else 0
        if looks_first:
            looked_at = told(rows(), on_progress, total)
            division = None if split is None else Division(split, seed, real_validation)
            survey = survey_rows(looked_at, order.form, selection, division)
            survey.divide()
        if not leave_out_unfit:
            survey.refuse_unfit(order.form)
        if looks_first and (on_survey or dry_run):
            planned = _planned(order, survey)
            if on_survey:
                on_survey(planned)
            if dry_run:
                return planned
        written = told(rows(), on_progress, total, before=total - total // looks)
        repeats = Oversampling(survey.topics, target_weights(store, workflow_id)) if oversample else None
        with appearing_together(order.target, overwrite) as files:
            return _write(order, written, survey, files, repeats)


def _ordered(
    target: Path,
    file_format: str,
    split: float | None,
    provenance: bool,
    overwrite: bool,
) -> _Order:
    form = format_named(file_format)
    if split is not None and not 0 < split < 1:
        raise InvalidInput(
            f"The share for training is {split}.", hint="Give a number between 0 and 1, such as 0.9."
        )
    if form.is_folder:
        require_parquet()
        if target.is_file():
            raise InvalidInput(f"{target} is a file.", hint=f"The format {form.name} writes a folder.")
    if form.endings and target.suffix not in form.endings:
        raise InvalidInput(
            f"{target.name} does not end in {' or '.join(form.endings)}, by which its trainer knows what it is.",
            hint=f"Name it {target.name}{form.endings[0]}.",
        )
    order = replace(_order_at(form, target, split, provenance), overwrite=overwrite)
    for file in order.files:
        if order.config is not None and order.config.merges and file == order.config.path:
            read_dataset_info(file)
        else:
            refuse_existing(file, overwrite)
    return order


def _order_at(form: ExportFormat, target: Path, split: float | None, provenance: bool) -> _Order:
    sidecar = beside(target, "provenance.jsonl") if provenance and not form.is_folder else None
    paths = data_files(form, target, split=split is not None)
    return _Order(form, target, paths, config_file(form, target), sidecar, provenance)


def free_target(named: Path, file_format: str, *, split: float | None, provenance: bool) -> Path:
    """The first of ``data.jsonl``, ``data-2.jsonl``, … with which an export touches nothing that is there.

    A format that would add to a file beside it gets a folder of its own: ``data/data.jsonl``.

    Args:
        named: what was asked for.
        file_format: as of `export_records`, like the others.
        split: likewise.
        provenance: likewise.

    Raises:
        InvalidInput: there is no such format.
    """
    form = format_named(file_format)
    stem, ending = (named.name, "") if form.is_folder else (named.stem, named.suffix)
    merges = (config := config_file(form, named)) is not None and config.merges
    for number in itertools.count(1):
        numbered = stem if number == 1 else f"{stem}-{number}"
        folder = named.with_name(numbered)
        target = folder / f"{numbered}{ending}" if merges else named.with_name(f"{numbered}{ending}")
        # A folder that is there may be somebody's, whatever is in it.
        own_folder = [folder] if merges or form.is_folder else []
        places = (*_order_at(form, target, split, provenance).files, *own_folder)
        if not any(map(os.path.lexists, places)):
            break
    return target


def target_weights(store: Store, workflow_id: str) -> dict[str, float]:
    """The target weights of a workflow's topics, of those that have one."""
    return {info.name: info.weight for info in list_topics(store, workflow_id) if info.weight is not None}


def _planned(order: _Order, survey: Survey) -> ExportReport:
    return with_losses(
        ExportReport(
            order.target,
            survey.topics.total(),
            survey.synthetic,
            survey.relabelled,
            survey.without_assistant,
            format=order.form.name,
        ),
        survey,
        survey,
    )


def with_losses(report: ExportReport, survey: Survey, counted: Survey) -> ExportReport:
    """The report with what does not go into the files: by the first look, and by the last."""
    return replace(
        report,
        left_out_unfit=survey.unfit,
        unfit=tuple(survey.unfit_named),
        lost=dict(survey.lost.most_common()),
        left_beside=dict(counted.beside.unread.most_common()),
        beside=dict(counted.beside.fields.most_common()),
        left_out_marked_bad=counted.marked_bad,
        left_out_other_ending=counted.other_ending,
        left_out_topics=dict(counted.left_out_topics.most_common()),
    )


def _write(
    order: _Order,
    active: Iterable[StoredRow],
    survey: Survey,
    files: NewFiles,
    repeats: Oversampling | None,
) -> ExportReport:
    records = RecordFiles(order.form, order.paths, files, provenance=order.with_provenance)
    sidecar = files.open(order.sidecar) if order.sidecar else None
    counting = Survey()
    repeated: Counter[str] = Counter()
    rows = learnable(active, counting, order.selection)
    write_rows(rows, records, survey.split, repeats, repeated, sidecar)
    records.close()
    tally = records.tally
    shown = ""
    if order.config is not None:
        text, shown = config_text(order.form, order.target, order.paths, tally, overwrite=order.overwrite)
        files.write(order.config.path, text, replaces=order.config.merges)
    split = survey.split
    report = ExportReport(
        order.target,
        tally.records,
        tally.synthetic.total(),
        tally.relabelled,
        counting.without_assistant,
        format=order.form.name,
        files=order.files,
        halves={half: tally.halves[half] for half in order.paths},
        synthetic_halves={half: tally.synthetic_halves[half] for half in order.paths},
        only_training=split.only_training if split else {},
        over_share=split.over_share if split else {},
        under_share=split.under_share if split else {},
        repeated={topic: count for topic, count in repeated.items() if count},
        config=shown,
    )
    return with_losses(report, survey, counting)
