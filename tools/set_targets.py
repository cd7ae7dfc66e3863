"""Changing the targets of a workflow: by wishes, or after the topic mix of a reference file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from .analyze_coverage import analyze
from .coverage.report import Coverage
from .coverage.targets import Aim, ceilings_for, match_topics, weights_for
from .dataset.reference_mix import ReferenceMix, read_mix
from .dataset.topic_label import DEFAULT_FIELD
from .dataset.topic_names import topic_names, unknown_topic
from .dataset.topic_weights import set_weights
from .errors import InvalidInput

if TYPE_CHECKING:
    from .services import Services


class TargetChange(BaseModel):
    """What a change of targets came to.

    Attributes:
        before: target share per topic, 0 to 1, before it.
        after: target share per topic now.
        coverage_before: the report under the old targets.
        coverage: the report under the new ones.
        without_target: topics of the dataset that have no target now and stay out of the score.
        new_topics: topics of the reference that the dataset had not; they count as empty.
        reference_without_topic: items of the reference that name no topic.
        ceilings: topics whose ceiling is another one now, with it; ``None`` where it is gone.
        changed: whether anything is different; if not, the dataset's version stays too.
    """

    before: dict[str, float]
    after: dict[str, float]
    coverage_before: Coverage
    coverage: Coverage
    without_target: list[str] = Field(default_factory=list)
    new_topics: list[str] = Field(default_factory=list)
    reference_without_topic: int = 0
    ceilings: dict[str, int | None] = Field(default_factory=dict)
    changed: bool = True


def change_targets(
    services: Services,
    workflow_id: str,
    aims: Sequence[Aim],
    *,
    without: Sequence[str] = (),
    since: Coverage | None = None,
) -> TargetChange:
    """Change the targets by wishes such as "twice as much billing".

    The dataset's version goes up, so a plan made for the old targets can no longer be approved.

    Args:
        services: the store and the settings of the report.
        workflow_id: whose targets.
        aims: the wishes.
        without: topics that shall have no target any more.
        since: the report that the wishes are about. If the targets have since become what the wishes ask for,
            they are not applied a second time.

    Raises:
        TopicNotFound: a wish names a topic that the workflow has not; nothing is changed.
        InvalidInput: the wishes cannot be met together; nothing is changed.
        WorkflowNotFound: there is no such workflow.
    """
    now = analyze(services, workflow_id)
    before = now if since is None else since
    known = dict.fromkeys([*before.topic_distribution, *topic_names(services.store, workflow_id)])
    for name in [*(name for aim in aims for name in (aim.topic, aim.than) if name), *without]:
        if name not in known:
            raise unknown_topic(workflow_id, name, known)
    ceilings = ceilings_for(aims)
    for name, most in ceilings.items():
        if most is not None and name not in now.topic_distribution:
            raise InvalidInput(
                f"{name!r} has no records of its own, only topics under it.",
                hint="Give each of them a ceiling.",
            )
    weights = _wanted(before, aims, without)
    if since is not None and now.weights not in (since.weights, weights):
        before, weights = now, _wanted(now, aims, without)  # changed elsewhere meanwhile
    return _changed(services, workflow_id, before, weights, ceilings)


def _wanted(before: Coverage, aims: Sequence[Aim], without: Sequence[str]) -> dict[str, float] | None:
    if aims and not without and all(aim.kind == "most" for aim in aims):
        return before.weights
    current = {name: weight for name, weight in current_weights(before).items() if name not in without}
    if without and not current:
        raise InvalidInput("No topic would have a target.", hint="Leave at least two topics with one.")
    return weights_for(current, aims) if current or aims else None


def targets_from_file(
    services: Services, workflow_id: str, path: Path, topic_field: str = DEFAULT_FIELD
) -> TargetChange:
    """`targets_of_mix` of a file.

    Raises:
        InvalidInput: the file cannot be used; nothing is changed.
        WorkflowNotFound: there is no such workflow.
    """
    return targets_of_mix(services, workflow_id, read_mix(path, topic_field))


def targets_of_mix(services: Services, workflow_id: str, mix: ReferenceMix) -> TargetChange:
    """Make a topic mix, such as that of production traffic, the target.

    Topics of the dataset that the file does not have are left without a target; topics that only the file has are
    declared, and count as empty.

    Raises:
        InvalidInput: a topic of the mix has a name that cannot be used; nothing is changed.
        WorkflowNotFound: there is no such workflow.
    """
    before = analyze(services, workflow_id)
    weights = match_topics(mix.amounts, list(before.topic_distribution))
    change = _changed(services, workflow_id, before, weights)
    change.new_topics = [name for name in weights if name not in before.topic_distribution]
    change.reference_without_topic = mix.without_topic
    return change


def current_weights(coverage: Coverage) -> dict[str, float]:
    """The weight of every topic that has a target; 1 for all under uniform targets."""
    return dict(coverage.weights or dict.fromkeys(coverage.scored_counts, 1.0))


def _changed(
    services: Services,
    workflow_id: str,
    before: Coverage,
    weights: Mapping[str, float] | None,
    ceilings: Mapping[str, int | None] | None = None,
) -> TargetChange:
    changed = set_weights(services.store, workflow_id, weights, ceilings)
    after = analyze(services, workflow_id)
    was, now = before.ceilings, after.ceilings
    return TargetChange(
        before=_shares(before),
        after=_shares(after),
        coverage_before=before,
        coverage=after,
        without_target=list(after.untargeted),
        ceilings={name: now.get(name) for name in {**was, **now} if now.get(name) != was.get(name)},
        changed=changed,
    )


def _shares(coverage: Coverage) -> dict[str, float]:
    return {topic.name: topic.target for topic in coverage.topics if topic.target is not None}
