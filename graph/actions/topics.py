"""Gives topics to records that have none, or takes that back: first asked with what it comes to, then done."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ...tools.analyze_coverage import analyze
from ...tools.coverage.report import Coverage
from ...tools.errors import CoverageError, EndpointError, InvalidInput
from ...tools.generation.money.amounts import as_usd, usd_words
from ...tools.generation.money.attempt_costs import BYTES_PER_TOKEN
from ...tools.generation.money.prices import price_of
from ...tools.services import Services
from ...tools.store.records import topic_counts
from ...tools.store.workflows import list_topics
from ...tools.topics.assign import assign_topics
from ...tools.topics.assignments import TopicRun, last_run, undo_last_run
from ...tools.topics.discover import FoundTopic, adopt, discover_topics, group_of, name_topics
from ...tools.topics.naming import NAME_TOKENS, naming_prompt
from ..offers.offer import Offer, Option, TopicsOffer
from ..offers.pending import put, withdraw
from ..offers.reply import AcceptTopics, LeaveIn
from ..scope import ServicesSource, scoped
from ..state import State, forget, the_offer, with_reading
from ..wording.markdown import escape, plural, plural_have, plural_were, shorten, topic_name, topic_title
from ..wording.plan_words import numbered_lines
from ..wording.report import score_change, topic_names
from .catalog import GiveTopics
from .messages import noticed, said_beside, shown

MOST_RECORDS = 5_000
"""Of a dataset whose records are read in a conversation: about a minute on two cores. Beyond, the command is named."""
_TERMS = 4
_WORDS = 60


def ask_for_topics(source: ServicesSource, state: State, action: GiveTopics) -> dict[str, Any]:
    """Say which topics records would get, and ask."""
    services, offer = scoped(source(), state), the_offer(state)
    try:
        return _asked(services, state, offer, action)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))


def give_topics(source: ServicesSource, state: State, deed: AcceptTopics) -> dict[str, Any]:
    """Do what was asked about; the figures are others by it."""
    services, offer = scoped(source(), state), the_offer(state)
    kept: dict[str, Any] = {"workflow_id": offer.workflow_id, "left_out": offer.left_out}
    if not isinstance(offer, TopicsOffer):
        return noticed(offer, "Nothing was asked about topics any more, so nothing was changed.")
    try:
        if offer.how == "find":
            found = _found(services, offer.workflow_id, offer.count)
            if _sizes(found) != offer.sizes:
                # The dataset is another one by now, or the machine: what was not shown is not written.
                return _asked(services, state, offer, GiveTopics(how="find", count=offer.count), found)
            if deed.by_model:
                found, usage = name_topics(services, offer.workflow_id, found)
                kept |= with_reading(state, usage)
            adopt(services, offer.workflow_id, found)
            records = plural_have(sum(offer.sizes.values()), "record")
            said = f"{records} a topic now, {len(found)} topics in all."
        elif offer.how == "sort":
            said = _sorted(services, offer.workflow_id)
        else:
            taken_back = undo_last_run(services.store, offer.workflow_id, offer.run, offer.ended)
            said = (
                f"{plural_have(taken_back.records, 'record')} the topic that they had before, or none again."
            )
            said = " ".join(
                [said, *_stays(taken_back.moved_since), score_now(services, state, offer.workflow_id)]
            )
    except EndpointError as error:  # the names are missing, and what was found still lies there
        return said_beside(offer, escape(str(error)))
    except CoverageError as error:
        return noticed(None, escape(str(error)))
    return {**forget(), **kept, **noticed(None, said)}


def _asked(
    services: Services,
    state: State,
    offer: Offer,
    action: GiveTopics,
    found: Sequence[FoundTopic] | None = None,
) -> dict[str, Any]:
    workflow_id, run = offer.workflow_id, None
    named: list[Option] = []
    counts = topic_counts(services.store, workflow_id)
    without = sum(count.records for count in counts if count.topic is None)
    ended: list[str] = []
    if action.how == "take_back":
        last, said, label = what_goes_back(services, workflow_id, action.topics)
        run, ended = last.run, list(last.becomes)
    elif action.how == "sort":
        if not without:
            raise InvalidInput("Every record has a topic already.")
        if len(counts) < 3:  # with that of the records that have none
            raise InvalidInput(
                "There are fewer than two topics to choose from.", hint="Find some: “find topics”."
            )
        _require_readable(services, workflow_id, "assign")
        said = (
            f"{plural_have(without, 'record')} no topic. Each would get the one of the {len(counts) - 1} topics that "
            f"it most probably has; where that is too uncertain, it stays without. {_free(services, workflow_id)}"
        )
        label = "Sort them into these topics"
    else:
        found = found or _found(services, workflow_id, action.count)
        said, label = f"{_found_words(found)} {_free(services, workflow_id)}", "Give the records these topics"
        if services.settings.profile == "full":
            by_model = f"The same, named by the model: {_naming_cost(services, workflow_id, found)}"
            named = [Option(label=by_model, deed=AcceptTopics(by_model=True))]
    withdraw(services.store, offer)
    asked = put(offer, state).instead(
        TopicsOffer,
        plan_id=None,
        items=[],
        how=action.how,
        count=action.count,
        sizes=_sizes(found or []),
        run=run,
        ended=ended,
        options=[
            Option(label=label, deed=AcceptTopics()),
            *named,
            Option(label="Leave it as it is", deed=LeaveIn()),
        ],
    )
    return shown(numbered_lines(asked, f"{said} Would you like to:"), asked)


def _found(services: Services, workflow_id: str, count: int | None) -> list[FoundTopic]:
    _require_readable(services, workflow_id, "discover")
    return discover_topics(services, workflow_id, count=count)


def _require_readable(services: Services, workflow_id: str, command: str) -> None:
    """Refuse a dataset whose records take longer to read than a person waits for an answer."""
    records = sum(count.records for count in topic_counts(services.store, workflow_id))
    if records > MOST_RECORDS:
        raise InvalidInput(
            f"Reading {records:,} records takes minutes, too long for a conversation.",
            hint=f"`finetune-coverage topics {command} -w {shlex.quote(workflow_id)}` does it; come back after it.",
        )


def _sizes(found: Sequence[FoundTopic]) -> dict[str, int]:
    return {one.topic.name: len(one.record_ids) for one in found}


def _found_words(found: Sequence[FoundTopic]) -> str:
    """The groups with the words and the record that are most typical of each."""
    rows = [
        f"| {escape(topic_title(one.topic.name))} | {len(one.record_ids):,} | "
        f"{escape(', '.join(one.terms[:_TERMS]))} | {escape(shorten(' '.join(one.examples[0].split()), _WORDS))} |"
        for one in sorted(found, key=lambda one: -len(one.record_ids))
    ]
    records = plural(sum(len(one.record_ids) for one in found), "record")
    table = "\n".join(["| Topic | Records | Its words | Most typical |", "|---|---|---|---|", *rows])
    return (
        f"The {records} without a topic of their own fall into {len(found)} groups, by what is said in them:\n\n{table}"
        "\n\nNothing is written yet. The names are words of the records; another name can be given afterwards, and "
        "another number of topics be asked for."
    )


def _free(services: Services, workflow_id: str) -> str:
    """What it costs and how it goes back."""
    return f"It costs nothing. {how_back(services, workflow_id)}"


def how_back(services: Services, workflow_id: str) -> str:
    """How what was done to topics goes back, in words that the model in use understands."""
    how = "“Undo the topics”"
    if services.settings.profile == "small":
        how = "“Take the topics back”"
    return f"{how} takes it back."


def _naming_cost(services: Services, workflow_id: str, found: Sequence[FoundTopic]) -> str:
    """What the call takes that names them, about; without what a model thinks before it answers."""
    taken = {info.name for info in list_topics(services.store, workflow_id)}
    sent = len(naming_prompt([group_of(one) for one in found], taken).encode()) // BYTES_PER_TOKEN
    written = NAME_TOKENS * len(found) // 2
    said = f"one call of about {round(sent + written, -2):,} tokens"
    price = price_of(services.settings)
    return said if price is None else f"{said}, {usd_words(as_usd(price.picodollars(sent, written)))}"


def what_goes_back(
    services: Services, workflow_id: str, topics: Sequence[str] = ()
) -> tuple[TopicRun, str, str]:
    """What was last done to topics, or the part of it that is meant; what it comes to in words, and the option.

    Raises:
        InvalidInput: nothing was done, or a topic is named that is not among it.
    """
    last = last_run(services.store, workflow_id, topics)
    if last is None:
        raise InvalidInput("No topics were given, merged or moved here, so there is nothing to take back.")
    verb = "gets" if last.records == 1 else "get"
    get = f"{plural(last.records, 'record')} {verb} the topic that they had before"
    every = last_run(services.store, workflow_id)
    if every is not None and len(last.becomes) < len(every.becomes):
        rest = {ended: into for ended, into in every.becomes.items() if ended not in last.becomes}
        back = _becomes_words(last.becomes)
        said = [f"This takes back {back}: {get}.", f"The rest stays: {_becomes_words(rest)}."]
        return last, " ".join([*said, *_stays(last.moved_since)]), f"Take {back} back"
    what = {"discovery": "the topics that were found", "merge": "the merge of topics", "split": "the split"}
    named = what.get(last.method, "the topics that were given last")
    said = [f"This takes back {named}: {get}, or none.", *_stays(last.moved_since)]
    return last, " ".join(said), "Take it back"


def _becomes_words(becomes: Mapping[str, str]) -> str:
    """``"Greetings", "AI" → "Smalltalk"; "Food" → "饮食"``."""
    of: dict[str, list[str]] = {}
    for ended, into in becomes.items():
        of.setdefault(into, []).append(ended)
    return "; ".join(f"{topic_names(topics)} → {topic_name(into)}" for into, topics in of.items())


def _stays(moved_since: int) -> list[str]:
    """That records keep the topic to which they were moved after what is taken back."""
    return [f"{plural_were(moved_since, 'record')} moved again since and left there."] if moved_since else []


def score_now(services: Services, state: State, workflow_id: str) -> str:
    """The score before and after topics were changed; the rest of what was measured before is about other topics."""
    known = state.get("coverage")
    if not known:
        return ""
    return f"Balance score: {score_change(Coverage.model_validate(known), analyze(services, workflow_id))}."


def _sorted(services: Services, workflow_id: str) -> str:
    report = assign_topics(services, workflow_id)
    given = sum(report.assigned.values())
    right = "" if report.expected_right is None else f", of which about {report.expected_right:.0%} are right"
    left = (
        f" {report.uncategorized:,} are too uncertain and have none: `finetune-coverage topics review -w "
        f"{shlex.quote(workflow_id)}` asks about the most telling ones first."
        if report.uncategorized
        else ""
    )
    return f"{given:,} of {plural(report.judged, 'record')} got a topic{right}.{left}"
