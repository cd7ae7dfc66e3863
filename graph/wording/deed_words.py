"""What was asked for, named in a few words while it waits, or when it is not done."""

from __future__ import annotations

from collections.abc import Sequence

from ..actions import catalog
from ..offers.offer import Offer, RemovalOffer
from ..offers.reply import AcceptTopics, Deed, TakeBack, TakeOut
from .markdown import escape, topic_title

_NAMED: dict[type[Deed], str] = {
    catalog.ProposePilot: "a pilot",
    catalog.ProposeMore: "the next plan",
    catalog.ShowRecords: "the records to show",
    catalog.ShowDetails: "the details",
    catalog.EditRecord: "the edit",
    catalog.SetTargets: "the targets",
    catalog.GiveTopics: "the topics of the records",
    catalog.GoBackBefore: "another try",
    catalog.CompareBranches: "the comparison",
    catalog.Export: "the export",
    catalog.ShowRules: "the rules",
}


def deeds_in_words(deeds: Sequence[Deed]) -> str:
    """Each in a few words: ``Rides + Buses → Transport; the records to show``."""
    return "; ".join(map(_words, deeds))


def change_in_words(deed: Deed, offer: Offer) -> str:
    """What a deed that was carried out has changed, as the model that reads is told: names as they are written.

    Args:
        deed: which; a yes is one to the offer's first option.
        offer: that it answers, or beside which it was asked for.
    """
    match deed:
        case TakeOut() if isinstance(offer, RemovalOffer) and offer.removal.merges:
            return "; ".join(f"{', '.join(one.topics)} → {one.into}" for one in offer.removal.merges)
        case TakeOut() | TakeBack() | AcceptTopics():
            return offer.options[0].label
        case catalog.LeaveOut():
            again = [f"taken in again: {', '.join(deed.again)}"] if deed.again else []
            return "; ".join([*([f"left out: {', '.join(deed.topics)}"] if deed.topics else []), *again])
    return _words(deed)


def _words(deed: Deed) -> str:
    match deed:
        case catalog.MergeTopics():
            return ", ".join(
                f"{' + '.join(map(topic_title, one.topics))} → {topic_title(one.into)}" for one in deed.merges
            )
        case catalog.ProposePlan(items=[_, *_]):
            return "the plan for " + ", ".join(topic_title(item.topic) for item in deed.items)
        case catalog.LeaveOut(topics=[_, *_]):
            return f"leaving out {', '.join(map(topic_title, deed.topics))}"
        case catalog.DropRecords():
            named = [_numbers(deed.numbers)] if deed.numbers else []
            named += [f"“{escape(deed.containing)}”"] if deed.containing else []
            return f"taking out {' and '.join(named)}"
        case catalog.KeepRecords():
            return f"keeping {_numbers(deed.numbers)}"
        case catalog.MoveRecords():
            what = f"“{escape(deed.containing)}”" if deed.containing else _numbers(deed.numbers)
            return f"{what} → {topic_title(deed.topic)}"
        case catalog.StateRule():
            return f"the rule “{escape(deed.rule)}”"
        case catalog.UndoRound():
            return (
                "taking rounds back"
                if deed.every or deed.round is None
                else f"taking round {deed.round} back"
            )
        case catalog.SwitchDataset():
            return f"going on with {escape(deed.workflow_id)}"
    return _NAMED.get(type(deed), "the rest of what you asked for")


def _numbers(numbers: Sequence[int]) -> str:
    return f"record{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
