"""Rules: what a rejection taught becomes one only when the person confirms it; listed here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...tools.analyze_coverage import analyze
from ...tools.generation.lessons.rules import Rule, add_rule, broken_by_real, list_rules
from ...tools.services import Services
from ...tools.store.records import get_record
from ..offers.offer import Offer, Option, RuleOffer
from ..offers.pending import put, withdraw
from ..offers.reply import AddRule, SkipRule
from ..scope import ServicesSource
from ..state import State, the_offer
from ..wording.markdown import escape, topic_title
from ..wording.plan_words import numbered_lines
from .catalog import ShowRules
from .messages import said_beside, shown


def rules(source: ServicesSource, state: State, deed: AddRule | SkipRule | ShowRules) -> dict[str, Any]:
    """Add the rule that was asked about, or leave it; list the rules."""
    store, offer = source().store, the_offer(state)
    if isinstance(deed, AddRule) and isinstance(offer, RuleOffer):
        wanted = offer.rule if deed.only_here else replace(offer.rule, topic=None)
        rule = add_rule(store, offer.workflow_id, wanted)
        said = f"From now on: {rule_line(rule)} “Remove rule {rule.id}” takes it away."
        return {"reply": None, "notice": said}
    if isinstance(deed, SkipRule):
        return {"reply": None, "notice": "No rule then; the record stays out, as an example to avoid."}
    return said_beside(offer, _listed(list_rules(store, offer.workflow_id)))


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
    broken, looked = broken_by_real(store, workflow_id, rule)
    options = [Option(label="Make it a rule for all topics", deed=AddRule())]
    if topic is not None:
        options += [Option(label=f'Only for "{topic_title(topic)}"', deed=AddRule(only_here=True))]
    options += [Option(label="No rule", deed=SkipRule())]
    asked = put(offer, state).instead(
        RuleOffer, plan_id=None, items=[], options=options, rule=replace(rule, topic=topic)
    )
    warning = f" {broken:,} of {looked:,} real records break it themselves." if broken else ""
    question = (
        f"{done}\n\nYour reason could be a rule: {escape(rule.words)}. Drafts that break it would be refused; "
        f"records that are there stay.{warning} Would you like to:"
    )
    # The record is out already: whatever comes next reads the new figures.
    coverage = analyze(services, workflow_id).model_dump(mode="json")
    figures = {"coverage": coverage, "coverage_after": coverage}
    return {**shown(numbered_lines(asked, question), asked), **figures}


def _listed(rules: list[Rule]) -> str:
    if not rules:
        return "There are no rules. A reason such as “drop 2 because it mentions discounts” can become one."
    return "\n".join(
        ["Generated records must keep to these rules:", "", *(f"- {rule_line(rule)}" for rule in rules)]
    )


def rule_line(rule: Rule) -> str:
    """A rule with its number, as a person reads it."""
    where = f' (only "{topic_title(rule.topic)}")' if rule.topic else ""
    return f"rule {rule.id}: {escape(rule.words)}{where}."
