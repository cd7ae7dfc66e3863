"""What is looked up for a question: the tools that are called, and the facts in words."""

from __future__ import annotations

from contextlib import suppress

from ...tools.errors import CoverageError, InvalidInput
from ...tools.inspection.records import shown_record
from ...tools.store.records import get_record
from ..offers.offer import Offer
from ..wording.answer_words import effect_of, quoted
from ..wording.markdown import escape, plural, topic_title
from ..wording.plan_words import items_words, strategy_words
from . import catalog, facts
from .asked_tools import Asked
from .catalog import Action
from .checked import known_topic, plan_items, topic_if_named
from .facts import Answer


def look_up(action: Action, asked: Asked, offer: Offer) -> Answer:
    """The facts that a question is about.

    Raises:
        CoverageError: a tool refused, or it names a topic or record that there is not.
    """
    match action:
        case catalog.WhatIf():
            effect = asked.plan(plan_items(action.items, offer, asked.services))
            cost = f" Cost: {escape(effect.estimate.note)}." if effect.estimate else ""
            refused = f" {escape(effect.why_not)}" if effect.why_not else ""
            said = f"With {items_words(effect.items)} the result would be: {effect_of(effect)}."
            return Answer(said + cost + refused)
        case catalog.PlanForScore():
            return facts.plan_for_score(asked, action.score)
        case catalog.ExplainTopics():
            if action.lowest and not action.topics:
                return facts.lowest_topics(asked, action.lowest)
            return facts.topics(asked, [known_topic(topic, offer) for topic in action.topics])
        case catalog.ExplainWhyLow():
            return facts.why_low(asked, topic_if_named(action.topic, offer))
        case catalog.LookAtTopic():
            return facts.look_at(asked, topic_if_named(action.topic, offer))
        case catalog.ExplainRejections():
            return facts.rejected(asked, topic_if_named(action.topic, offer))
        case catalog.ExplainQuality():
            return facts.quality(asked, topic_if_named(action.topic, offer))
        case catalog.ExplainStrategies():
            return facts.strategies(asked, action.names, topic_if_named(action.topic, offer))
        case catalog.ExplainRounds():
            return facts.rounds_so_far(asked)
        case catalog.WhereFrom():
            return _where_from(action.number, asked, offer)
        case catalog.ExplainScore():
            return facts.score(asked)
        case catalog.ExplainPlan():
            return facts.plan_on_the_table(asked)
        case catalog.ExplainCost():
            return facts.cost(asked)
        case catalog.ExplainMeans():
            return Answer(OUTSIDE)
        case _:
            raise InvalidInput(f"There is no answer to {type(action).__name__} yet.")


OUTSIDE = """In the conversation: plans, pilots, records shown and taken out, topics moved, targets, rounds undone, \
copies compared, questions about all of it. On the command line, with -w and the dataset's name: \
`finetune-coverage export -o FILE --format sharegpt` (openai, sharegpt, alpaca, huggingface, trl, axolotl, \
llamafactory), `finetune-coverage topics merge NAME --into NAME`, `finetune-coverage import FILE`, \
`finetune-coverage targets from-file FILE`, `finetune-coverage validate`, `finetune-coverage jobs show`. Another \
model: FINETUNE_COVERAGE_MODEL; its prices: FINETUNE_COVERAGE_PRICES; limits: FINETUNE_COVERAGE_BUDGET_USD, _TOKENS."""


def _where_from(number: int, asked: Asked, offer: Offer) -> Answer:
    (record_id,) = offer.shown_under([number])
    record = get_record(asked.services.store, asked.workflow_id, record_id)
    if record.origin == "real":
        return Answer(f"Record {number} is a real one: it came with the import, and nothing here wrote it.")
    store, known = asked.services.store, record.provenance or {}
    passed = known.get("checks") or known.get("gates") or []  # records of earlier versions
    lines = [
        f'Record {number} was generated for "{topic_title(record.topic or "no topic")}" by '
        f"{strategy_words(str(known.get('strategy')))}, with the model {escape(str(known.get('model')))}, in the job "
        f"{escape(str(known.get('job')))}. It passed the checks: {escape(', '.join(passed))}."
    ]
    for seed in known.get("seeds") or []:
        with suppress(CoverageError):  # a record that was deleted since
            lines.append(quoted(shown_record(get_record(store, asked.workflow_id, seed))))
    made_from = ["It was made from:"] if len(lines) > 1 else []
    said = lines[0] + (
        f" It was made from {plural(len(lines) - 1, 'real record')}, shown below." if made_from else ""
    )
    return Answer(said, quotes="\n\n".join([*made_from, *lines[1:]]))
