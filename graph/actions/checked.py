"""An action as it can be carried out: names in full, a strategy for each item, numbers of records that are shown."""

from __future__ import annotations

from collections.abc import Sequence

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.strategy_choice import choose_strategy
from ...tools.dataset.exports.export_format import format_named
from ...tools.errors import InvalidInput
from ...tools.generation.money.estimate import check_items
from ...tools.generation.topic_profiles import topic_profiles
from ...tools.inspection.record_filter import the_one_with
from ...tools.services import Services
from ...tools.store.workflows import list_workflows
from ...tools.topics.assignments import last_run
from ..offers.offer import Offer, PlanOffer, ResumeOffer
from ..offers.reply import AskBack, Deed, Unclear
from . import catalog
from .catalog import Merge, PlannedItem, proposed

_NAMED = 40
_MEANS = {
    "the plan": "approve",
    "going on with the interrupted generation": "resume",
    "the next step, the grader": "proceed",
    "ending here": "stop",
}


def checked(action: Deed, offer: Offer, services: Services) -> Deed:
    """The action, as it can be carried out under the offer; one that was checked before stays what it is.

    Raises:
        CoverageError: it names a topic or a record that there is not, or a strategy that the topic's records do not
            allow; in words for the model, which may correct itself.
    """
    match action:
        case catalog.ProposePlan() if not action.items:
            if not (action.max_tokens or action.max_usd or action.remove_limits):
                raise InvalidInput("The plan is empty.", hint="Name a topic and a number.")
            # With a plan on the table the limit is one of that plan.
            return action.model_copy(update={"items": proposed(offer.items).items if offer.items else []})
        case catalog.ProposePlan():
            items = plan_items(action.items, offer, services)
            check_items(services, offer.workflow_id, items)
            left_out = [known_topic(topic, offer) for topic in action.leave_out]
            if both := [item.topic for item in items if item.topic in left_out]:
                raise InvalidInput(f"{both[0]!r} is in the plan and left out.", hint="Either, not both.")
            return action.model_copy(update={"items": proposed(items).items, "leave_out": left_out})
        case catalog.LeaveOut():
            topics, again = (
                [known_topic(name, offer) for name in names] for names in (action.topics, action.again)
            )
            if not topics and not again:
                raise InvalidInput("No topic is named.", hint="Name those to leave out, or to take in again.")
            return action.model_copy(update={"topics": topics, "again": again})
        case catalog.ProposePilot():
            return _pilot(action, offer)
        case catalog.ShowRecords():
            offer.shown_under(action.shown_numbers)
            topic = known_topic(action.topic, offer) if action.topic else None
            return action.model_copy(update={"topic": topic})
        case catalog.DropRecords():
            there = [number for number in action.numbers if 1 <= number <= len(offer.shown_records)]
            # The question says which of them are not there.
            _require_records(there or action.numbers, action.containing, offer, services)
        case catalog.KeepRecords():
            offer.shown_under(action.numbers)
        case catalog.DescribeTopic():
            return action.model_copy(update={"topic": known_topic(action.topic, offer)})
        case catalog.MoveRecords():
            _require_records(action.numbers, action.containing, offer, services)
            return action.model_copy(update={"topic": known_topic(action.topic, offer)})
        case catalog.StateRule() if action.topic:
            return action.model_copy(update={"topic": known_topic(action.topic, offer)})
        case catalog.EditRecord():
            offer.shown_under([action.number])
        case catalog.SetTargets():
            for aim in action.aims:
                for topic in filter(None, (aim.topic, aim.than)):
                    known_topic(topic, offer)
        case catalog.SwitchDataset():
            known = [summary.id for summary in list_workflows(services.store)]
            chosen = next((one for one in known if one.lower() == action.workflow_id.lower()), None)
            if chosen is None:
                raise InvalidInput(
                    f"There is no dataset {action.workflow_id!r}.",
                    hint=f"There is: {', '.join(known[:_NAMED])}.",
                )
            return action.model_copy(update={"workflow_id": chosen})
        case catalog.Export():
            form = format_named(action.format.strip().lower())
            without = [known_topic(topic, offer) for topic in action.without]
            return action.model_copy(update={"format": form.name, "without": without})
        case catalog.MergeTopics():
            named = [known_topic(topic, offer) for merge in action.merges for topic in merge.topics]
            if twice := [topic for topic in named if named.count(topic) > 1]:
                raise InvalidInput(f"{twice[0]!r} would become two topics.", hint="One of them.")
            return catalog.MergeTopics(
                merges=[
                    Merge(
                        topics=[known_topic(topic, offer) for topic in merge.topics],
                        into=" ".join(merge.into.split()),
                    )
                    for merge in action.merges
                ]
            )
        case catalog.GiveTopics(how="take_back") if action.topics:
            last_run(services.store, offer.workflow_id, action.topics)
        case catalog.SoundsLikeAYes():
            return _asked_back(action, offer)
        case catalog.Decline():
            return offer.no()
    return action


def _require_records(
    numbers: Sequence[int], containing: str | None, offer: Offer, services: Services
) -> None:
    """That there are records of these numbers, and one only in which the text stands."""
    offer.shown_under(numbers)
    if containing:
        the_one_with(services.store, offer.workflow_id, containing)


def _pilot(action: catalog.ProposePilot, offer: Offer) -> catalog.ProposePilot:
    if not offer.items:
        raise InvalidInput("No plan is on the table.", hint="Propose a small one for a topic instead.")
    topics = [known_topic(name, offer) for name in action.topics]
    planned = [item.topic for item in offer.items]
    if other := next((name for name in topics if name not in planned), None):
        raise InvalidInput(f"{other!r} is not in the plan on the table.", hint="Name a topic of the plan.")
    return action.model_copy(update={"topics": topics})


def plan_items(planned: Sequence[PlannedItem], offer: Offer, services: Services) -> list[PlanItem]:
    """The items with a strategy each: the one named, that of the plan on the table, or the one that suits the topic."""
    on_the_table = {item.topic: item.strategy for item in offer.items}
    profiles = None
    items: dict[tuple[str, str], PlanItem] = {}
    for part in planned:
        topic = known_topic(part.topic, offer)
        strategy = part.strategy or on_the_table.get(topic)
        if strategy is None and topic in offer.suggestions:
            strategy = offer.suggestions[topic].strategy
        if strategy is None:
            profiles = profiles or topic_profiles(services, offer.workflow_id)
            strategy = choose_strategy(profiles[topic])[0]
        before = items.get((topic, strategy))
        count = part.count + (before.count if before else 0)
        pilot = part.pilot or (before.pilot if before else None)
        items[(topic, strategy)] = PlanItem(topic=topic, count=count, strategy=strategy, pilot=pilot)
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


def _asked_back(action: catalog.SoundsLikeAYes, offer: Offer) -> Deed:
    if action.to == "what the question asks":
        yes = offer.yes()
        return AskBack(means=yes.kind) if yes else Unclear(note="Please answer with a number.")
    means = _MEANS[action.to]
    if means == "approve" and not isinstance(offer, PlanOffer):
        return Unclear(note="I am not sure what your yes is to. Please answer with a number.")
    if means == "resume" and not isinstance(offer, ResumeOffer):
        return Unclear(note="No generation is interrupted here.")
    return AskBack(means=means)
