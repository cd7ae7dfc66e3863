"""Rules: stated by the person, or taught by a rejection when they confirm it; listed here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...tools.analyze_coverage import analyze
from ...tools.errors import CoverageError
from ...tools.generation.lessons.rules import Rule, add_rule, broken_by_real, list_rules, why_unread
from ...tools.services import Services
from ...tools.store.records import get_record
from ..offers.offer import Offer, Option, RuleOffer
from ..offers.pending import put, withdraw
from ..offers.reply import AddRule, SkipRule
from ..scope import ServicesSource
from ..state import State, the_offer
from ..wording.markdown import escape, topic_title
from ..wording.plan_words import numbered_lines
from .catalog import ShowRules, StateRule
from .messages import said_beside, shown


def rules(
    source: ServicesSource, state: State, deed: AddRule | SkipRule | StateRule | ShowRules
) -> dict[str, Any]:
    """Add the rule that was stated, or asked about, or leave it; list the rules."""
    services, offer = source(), the_offer(state)
    if isinstance(deed, AddRule) and isinstance(offer, RuleOffer):
        wanted = offer.rule if deed.only_here else replace(offer.rule, topic=None)
        return {"reply": None, "notice": _added(services, offer.workflow_id, wanted)}
    if isinstance(deed, SkipRule):
        return {"reply": None, "notice": "No rule then; the record stays out, as an example to avoid."}
    if isinstance(deed, StateRule):
        try:
            said = _added(services, offer.workflow_id, _stated(deed))
        except CoverageError as error:
            said = escape(str(error))
        return said_beside(offer, said)
    found = list_rules(services.store, offer.workflow_id)
    return said_beside(offer, "\n\n".join(filter(None, [_listed(found), _unread(services, found)])))


def ask_for_rule(
    services: Services, state: State, offer: Offer, rule: Rule, record_id: str, done: str
) -> dict[str, Any]:
    """The state in which the person is asked whether a reason shall be a rule.

    Args:
        services: where the workflow is.
        state: of the conversation.
        offer: what lay on the table; its plan is for other figures and goes.
        rule: what was understood.
        record_id: the record that it was said of.
        done: what was done with the record, in words.
    """
    store, workflow_id = services.store, offer.workflow_id
    withdraw(store, offer)
    topic = get_record(store, workflow_id, record_id).topic
    options = [Option(label="Make it a rule for all topics", deed=AddRule())]
    if topic is not None:
        options += [Option(label=f'Only for "{topic_title(topic)}"', deed=AddRule(only_here=True))]
    options += [Option(label="No rule", deed=SkipRule())]
    asked = put(offer, state).instead(
        RuleOffer, plan_id=None, items=[], options=options, rule=replace(rule, topic=topic)
    )
    question = (
        f"{done}\n\nYour reason could be a rule: “{escape(rule.words)}”. {_effect(services, rule)} "
        "Would you like to:"
    )
    # The record is out already: whatever comes next reads the new figures.
    coverage = analyze(services, workflow_id).model_dump(mode="json")
    figures = {"coverage": coverage, "coverage_after": coverage}
    return {**shown(numbered_lines(asked, question), asked), **figures}


def _stated(deed: StateRule) -> Rule:
    phrase = (deed.forbidden_phrase or "").strip()
    # The phrase must be the person's: what the model made of it would be held against every draft.
    if phrase and phrase.casefold() in deed.rule.casefold():
        return Rule("forbidden_phrase", phrase, deed.topic)
    return Rule("in_words", deed.rule.strip(), deed.topic)


def _added(services: Services, workflow_id: str, wanted: Rule) -> str:
    """Add a rule; what is said of it."""
    rule = add_rule(services.store, workflow_id, wanted)
    broken, looked = broken_by_real(services.store, workflow_id, rule)
    warning = f" {broken:,} of {looked:,} real records break it themselves." if broken else ""
    return f"From now on: {rule_line(rule)} {_effect(services, rule)}{warning} “Remove rule {rule.id}” takes it away."


def _effect(services: Services, rule: Rule) -> str:
    return _unread(services, [rule]) or "Drafts that break it are refused; records that are there stay."


def _unread(services: Services, rules: Sequence[Rule]) -> str:
    why = why_unread(rules, services.settings)
    return f"{why[0].upper()}{why[1:]}." if why else ""


def _listed(rules: list[Rule]) -> str:
    if not rules:
        return (
            "There are no rules. `finetune-coverage rules add` adds one, such as “never promise refunds”; a capable "
            "model understands one here too, in any language."
        )
    return "\n".join(
        ["Generated records must keep to these rules:", "", *(f"- {rule_line(rule)}" for rule in rules)]
    )


def rule_line(rule: Rule) -> str:
    """A rule with its number, as a person reads it."""
    where = f' (only "{topic_title(rule.topic)}")' if rule.topic else ""
    words = f"“{escape(rule.words)}”" if rule.is_in_words else escape(rule.words)
    return f"rule {rule.id}: {words}{where}."
