"""What an action changes or shows, as the reply that the nodes carry out; none of them is a yes."""

from __future__ import annotations

from collections.abc import Sequence

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.strategy_choice import choose_strategy, profile_topics
from ...tools.dataset.records import topic_counts
from ...tools.dataset.workflows import list_topics
from ...tools.errors import InvalidInput
from ...tools.generation.estimate import check_items
from ...tools.services import Services
from ..offers.kinds import NO_TO
from ..offers.offer import Offer, Reply, ReviewScope
from . import catalog
from .catalog import Action, PlannedItem

_MEANS = {
    "the plan": "approve",
    "going on with the interrupted generation": "resume",
    "the next step, the grader": "proceed",
    "ending here": "stop",
}


def reply_to(action: Action, offer: Offer, services: Services) -> Reply:
    """The reply that carries the action out.

    Raises:
        CoverageError: it names a topic or a record that there is not, or a strategy that the topic's records do not
            allow; in words for the model, which may correct itself.
    """
    match action:
        case catalog.ProposePlan():
            items = plan_items(action.items, offer, services)
            check_items(services, offer.workflow_id or "", items)
            return Reply(
                kind="change",
                items=items,
                cap_tokens=action.max_tokens,
                cap_usd=action.max_usd,
                without_caps=action.remove_limits,
            )
        case catalog.ProposePilot():
            if not offer.items:
                raise InvalidInput(
                    "No plan is on the table.", hint="Propose a small one for a topic instead."
                )
            return Reply(kind="pilot", number=action.count)
        case catalog.ProposeMore():
            return Reply(kind="more")
        case catalog.ShowRecords():
            return _shown(action, offer)
        case catalog.DropRecords():
            return Reply(kind="drop", numbers=_numbers(action.numbers, offer), note=action.reason)
        case catalog.KeepRecords():
            return Reply(kind="restore", numbers=_numbers(action.numbers, offer))
        case catalog.MoveRecords():
            topic = known_topic(action.topic, offer)
            return Reply(kind="relabel", numbers=_numbers(action.numbers, offer), topic=topic)
        case catalog.EditRecord():
            numbers = _numbers([action.number], offer)
            return Reply(kind="edit", numbers=numbers, role=action.role, text=action.text)
        case catalog.SetTargets():
            for aim in action.aims:
                for topic in filter(None, (aim.topic, aim.than)):
                    known_topic(topic, offer)
            return Reply(kind="targets", aims=action.aims)
        case catalog.UndoRound():
            return Reply(kind="undo", number=action.round, every=action.every)
        case catalog.MergeTopics():
            topics = [known_topic(topic, offer) for topic in action.topics]
            return Reply(kind="merge", topics=topics, topic=" ".join(action.into.split()))
        case catalog.GoBackBefore():
            return Reply(kind="fork", number=action.round, strategy=action.strategy)
        case catalog.CompareBranches():
            return Reply(kind="compare", workflow_id=action.other)
        case catalog.SwitchDataset():
            return Reply(kind="switch", workflow_id=action.workflow_id)
        case catalog.ShowRules():
            return Reply(kind="rules")
        case catalog.RemoveRule():
            return Reply(kind="drop_rule", number=action.number)
        case catalog.NothingAsked():
            return Reply(kind="nothing")
        case catalog.SoundsLikeAYes():
            return _asked_back(action, offer)
        case catalog.Decline():
            return Reply(kind=NO_TO.get(offer.action, "reject"))
        case _:
            return Reply(kind="back")


def plan_items(planned: Sequence[PlannedItem], offer: Offer, services: Services) -> list[PlanItem]:
    """The items with a strategy each: the one named, that of the plan on the table, or the one that suits the topic."""
    on_the_table = {item.topic: item.strategy for item in offer.items}
    workflow_id = offer.workflow_id or ""
    profiles = None
    items: dict[tuple[str, str], PlanItem] = {}
    for part in planned:
        topic = known_topic(part.topic, offer)
        strategy = part.strategy or on_the_table.get(topic)
        if strategy is None and topic in offer.suggestions:
            strategy = offer.suggestions[topic].strategy
        if strategy is None:
            profiles = profiles or profile_topics(
                topic_counts(services.store, workflow_id), list_topics(services.store, workflow_id)
            )
            strategy = choose_strategy(profiles[topic])[0]
        before = items.get((topic, strategy))
        count = part.count + (before.count if before else 0)
        items[(topic, strategy)] = PlanItem(topic=topic, count=count, strategy=strategy)
    return list(items.values())


def known_topic(name: str, offer: Offer) -> str:
    """The topic of that name, in whatever capitals and with spaces for underscores.

    Raises:
        InvalidInput: there is none, or more than one.
    """
    if name in offer.topics:
        return name
    plain = _plain(name)
    same = [topic for topic in offer.topics if _plain(topic) == plain]
    if len(same) == 1:
        return same[0]
    some = ", ".join(offer.topics[:40])
    raise InvalidInput(f"There is no topic {name!r}.", hint=f"The topics are: {some}.")


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


def _numbers(numbers: Sequence[int], offer: Offer) -> list[int]:
    if not offer.shown_records:
        raise InvalidInput("No records are shown.", hint="Show them first, so that numbers mean something.")
    wrong = [number for number in numbers if not 1 <= number <= len(offer.shown_records)]
    if wrong:
        raise InvalidInput(
            f"There is no record {wrong[0]} among those shown.",
            hint=f"They have the numbers 1 to {len(offer.shown_records)}.",
        )
    return sorted(set(numbers))


def _shown(action: catalog.ShowRecords, offer: Offer) -> Reply:
    if action.shown_numbers:
        numbers = _numbers(action.shown_numbers, offer)
        return Reply(kind="review", numbers=numbers, review=offer.review or ReviewScope())
    if action.next and offer.review is not None:
        scope = offer.review.model_copy(update={"page": offer.review.page + 1})
        return Reply(kind="review", review=scope)
    topic = known_topic(action.topic, offer) if action.topic else None
    scope = ReviewScope(
        topic=topic,
        origin=None if action.origin == "any" else action.origin,
        synthetic=action.origin == "synthetic",
        uncategorized=action.without_a_topic,
        size=action.number,
    )
    return Reply(kind="review", topic=topic, review=scope)


def _asked_back(action: catalog.SoundsLikeAYes, offer: Offer) -> Reply:
    means = _MEANS[action.to]
    if means == "approve" and offer.action != "generate_synthetic_data":
        return Reply(kind="unclear", note="I am not sure what your yes is to. Please answer with a number.")
    if means == "resume" and offer.action != "resume_generation":
        return Reply(kind="unclear", note="No generation is interrupted here.")
    return Reply.model_validate({"kind": "confirm", "means": means, "items": offer.items})
