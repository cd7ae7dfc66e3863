"""The question to the person and the answer, in the shapes that chat pages and Studio already know.

The request has the shape of LangChain's human-in-the-loop middleware (``HITLRequest``), with one action for each
item of the plan. Its types live in a package that we do not depend on, hence our own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, field_validator

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.strategy_choice import STRATEGIES
from ..actions.catalog import Decline, PlannedItem, ProposePlan
from ..reading.exact import read_reply
from ..reading.names import words_of
from ..reading.workflow_choice import read_workflow_choice
from ..wording.plan_words import strategy_words
from .offer import DatasetOffer, Offer, PlanOffer, Way
from .reply import CONSEQUENCES, ENDS, Approve, Deed, Proceed, Reply, Resume, Unclear, Unread

_NONE = (None, "", 0, "0")
"""Of a pilot that is taken out of an item."""
CHANGED_IN_TABLE = "Changed in the table of the plan:"
"""How what is said of an edit without a yes begins."""
AHEAD = (
    "That yes was written before I showed this plan, so I do not take it. Answer once you have read the plan, or begin "
    "with `chat --yes` if every yes in the pipe shall count."
)


class ActionRequest(BaseModel):
    """One thing that waits for a yes; the arguments are flat, so that a form can show them."""

    name: str
    args: dict[str, Any]
    description: str


class ReviewConfig(BaseModel):
    """Which decisions an action takes, and what an edit may hold, for pages that make a list of it."""

    action_name: str
    allowed_decisions: list[Way]
    args_schema: dict[str, Any] | None = None


class HumanRequest(BaseModel):
    """What an interrupt carries.

    Attributes:
        plan_id: of the plan that is asked about. A client that sends it back with its decisions is safe from
            answering, by a second click or an old page, a plan that came after it.
    """

    action_requests: list[ActionRequest]
    review_configs: list[ReviewConfig]
    plan_id: str | None = None


class EditedAction(BaseModel):
    """An action as the person changed it; values may be strings, since that is what forms send."""

    name: str
    args: dict[str, Any]


class Decision(BaseModel):
    """One decision. ``accept``, ``ignore`` and ``response`` are the older names for approve, reject, respond.

    Attributes:
        type: "propose" is an edit without a yes: the plan as it was changed is put on the table.
        plan_id: for clients that say which plan they answer: a decision on another one is asked again. Without it a
            decision counts once in a conversation (`repeated`).
    """

    model_config = ConfigDict(extra="ignore")

    type: Literal["approve", "edit", "reject", "respond", "propose"]
    edited_action: EditedAction | None = None
    message: str | None = None
    plan_id: str | None = None

    @field_validator("type", mode="before")
    @classmethod
    def _newer_name(cls, value: object) -> object:
        return {"accept": "approve", "ignore": "reject", "response": "respond"}.get(str(value), value)


class Decisions(BaseModel):
    """The answer of a chat page: one decision for each action."""

    decisions: list[Decision] = Field(min_length=1)
    plan_id: str | None = None


class Answer(RootModel[str | Decisions | Decision | list[Decision]]):
    """What an interrupt takes: a typed reply, or decisions. Anything else is refused and can be answered again."""


def request_for(offer: Offer) -> HumanRequest:
    """The question that ``offer`` puts to the person.

    The whole report is in the first action's description: around a subgraph its messages are not visible. A plan that
    a bare yes would not start, since it comes second after a round, is not one click away either: it can be had by
    filling in how many.
    """
    # What cannot be edited stays out: a page would show it between the report and the buttons.
    parts: list[dict[str, Any]] = [{}]
    if isinstance(offer, PlanOffer):
        empty = {} if offer.yes() else {"count": ""}
        parts = [{"workflow_id": offer.workflow_id, **item.model_dump(), **empty} for item in offer.items]
    config = ReviewConfig(action_name=offer.action, allowed_decisions=offer.decisions)
    if isinstance(offer, DatasetOffer):
        parts = [{"workflow_id": ""}]
        if offer.workflows:
            config.args_schema = {"type": "object", "properties": {"workflow_id": {"enum": offer.workflows}}}
    actions = [
        ActionRequest(
            name=offer.action,
            args=part,
            description=offer.text if number == 1 else f"Part {number} of the plan above.",
        )
        for number, part in enumerate(parts, 1)
    ]
    return HumanRequest(action_requests=actions, review_configs=[config], plan_id=_asked_plan(offer))


def read_answer(answer: Answer, offer: Offer) -> Reply:
    """What the person's answer means. A decision that does not fit the question is asked again, never guessed."""
    value = answer.root
    if isinstance(value, str):
        return _typed(value, offer)
    decisions = _decisions(answer)
    if _named(answer) - {_asked_plan(offer)}:
        return _again("That was an answer to another plan; this is the question that waits.")
    if len(decisions) == 1 and decisions[0].type == "respond":
        return _typed(decisions[0].message or "", offer)
    if decisions and all(decision.type == "reject" for decision in decisions):
        return _rejected(decisions[0].message or "", offer)
    if not isinstance(offer, PlanOffer):
        return _read_other(decisions, offer)
    if isinstance(value, Decision) and value.type == "approve" and offer.plan_id:
        return Reply(deed=Approve(items=offer.items), channel="decision", text="Approved")
    if len(decisions) != len(offer.items) or not offer.plan_id:
        return _again(f"The plan has {len(offer.items)} parts and I got {len(decisions)} decisions.")
    return _read_parts(decisions, offer)


def in_time(reply: Reply, offer: Offer, sent_at: int | None, *, is_ahead: bool = False) -> Reply:
    """The reply, unless it was sent before the question was asked: then it answers another question, and is not taken.

    A server queues what arrives while it works. The second of two clicks on the same button would otherwise be a yes
    to the next plan, which nobody has seen. A pipe holds lines that were written before the conversation began: they
    may ask and change, but not approve.

    Args:
        reply: as it was read.
        offer: what lies on the table now.
        sent_at: when the answer came in, in milliseconds; ``None`` when that is not known.
        is_ahead: it is known to have been written before the question was.
    """
    if is_ahead and isinstance(reply.deed, CONSEQUENCES) and not isinstance(reply.deed, ENDS):
        return Reply(deed=Unclear(note=AHEAD), channel=reply.channel)
    if sent_at is None or sent_at >= offer.asked_at or isinstance(reply.deed, Unread | Unclear):
        return reply
    note = "That came in before I asked this question, so I do not take it as the answer."
    return Reply(deed=Unclear(note=note), channel=reply.channel)


def unnamed(answer: Answer, offer: Offer) -> str | None:
    """What was decided, as one line of JSON; ``None`` for what was typed and for a decision that names the plan shown.

    However an approval of all parts is wrapped, it is the same one.
    """
    if isinstance(answer.root, str) or (_named(answer) and _asked_plan(offer) is not None):
        return None
    decisions = _decisions(answer)
    if any(decision.type == "respond" for decision in decisions):
        return None
    if all(decision.type == "approve" for decision in decisions):
        return "approve"
    told = [(d.type, d.edited_action.model_dump() if d.edited_action else None) for d in decisions]
    return json.dumps(told, sort_keys=True)


def repeated(offer: Offer, sent_at: int | None) -> Reply | None:
    """The question back to a decision that was carried out before in this conversation and names no plan.

    A decision counts for the plan that was on the table when it was sent. Chat pages send no more than "approve", so
    the second of two clicks, a page left open in another tab and a client's retry look like an answer to the plan that
    came after. The first such decision of a conversation is one to the only plan there was. The same one again, to
    whatever is asked next, is not carried out but asked back, with the plan shown. It counts where it names its
    question: by ``plan_id``, by the interrupt's id, by what is typed, or on a server, which knows when a request came
    in, by being sent after it was asked back: a person who read that clicks once more. Where nobody knows when it was
    sent, in a program that calls the graph itself, it has to name its question.

    Args:
        offer: what lies on the table now.
        sent_at: when the answer came in, in milliseconds; ``None`` when that is not known.

    Returns:
        ``None`` when the decision counts.
    """
    if sent_at is not None and offer.asked_again_at and sent_at >= offer.asked_again_at:
        return None
    how = "type your answer, or send the plan's `plan_id` with it" if sent_at is None else "give it once more"
    return _again(
        "You gave that same answer to something before, and it does not say what it is to: it may come from a page "
        f"that still shows the earlier question. If you mean what is asked here, please {how}."
    )


def not_offered() -> Reply:
    """The question back to a bare approval where the form has none: it comes from a page that shows another plan."""
    return _again("Nothing here is approved by that; type the number of what you want, or fill in how many.")


def handed_on() -> Reply:
    """The question back to an answer that is word for word the last one, in a subgraph.

    LangGraph keeps what a parent graph was resumed with until the parent takes its next step, and hands it to each
    question of the subgraph that comes up meanwhile when the parent is called without input (``ainvoke(None)``): after
    a crash, or while a question waits. Only what came under the interrupt's id, or reads differently, is new for sure.
    """
    return _again(
        "That is word for word the answer before, which around a subgraph can be handed on to a later question. If you "
        "mean it, please say it in another way: the number, or “option” and the number."
    )


def as_text(answer: Answer, reply: Reply) -> str:
    """The answer as a line of the conversation."""
    if isinstance(answer.root, str):
        return answer.root
    if isinstance(reply.deed, Approve):
        return f"Approved: {in_words(reply.deed.items)}"
    said = {Decline: "Rejected", Proceed: "Approved: proceed"}.get(type(reply.deed))
    return reply.text or said or f"({', '.join(dict.fromkeys(part.type for part in _decisions(answer)))})"


def in_words(items: Sequence[PlanItem]) -> str:
    """``12 for billing_questions by few-shot, 4 of them first``, as a person's own words are kept: unescaped."""
    return ", ".join(
        f"{item.count:,} for {item.topic} by {strategy_words(item.strategy)}"
        + (f", {item.pilot:,} of them first" if item.pilot is not None else "")
        for item in items
    )


def _decisions(answer: Answer) -> list[Decision]:
    value = answer.root
    assert not isinstance(value, str)
    return value if isinstance(value, list) else value.decisions if isinstance(value, Decisions) else [value]


def _named(answer: Answer) -> set[str]:
    """The plans that the decisions say they answer."""
    ids = {decision.plan_id for decision in _decisions(answer)} | {getattr(answer.root, "plan_id", None)}
    return {plan_id for plan_id in ids if plan_id is not None}


def _asked_plan(offer: Offer) -> str | None:
    """The plan that is asked about; to carry on with one, or to take it back, is another question."""
    return offer.plan_id if isinstance(offer, PlanOffer) else None


def _typed(text: str, offer: Offer) -> Reply:
    if isinstance(offer, DatasetOffer):
        return Reply(deed=read_workflow_choice(text, offer.workflows, asked=True), text=text)
    return read_reply(text, offer)


def _rejected(message: str, offer: Offer) -> Reply:
    """A no; what is said with it may change or redirect the plan, but not turn the no into a yes."""
    reply = _typed(message, offer) if message.strip() else Reply(deed=Decline())
    no = offer.no()
    is_no = isinstance(reply.deed, Approve | Resume | Unclear) or not isinstance(no, Decline)
    return _decided(no if is_no else reply.deed, text=reply.text)


def _read_other(decisions: list[Decision], offer: Offer) -> Reply:
    """Decisions on an offer without a plan."""
    decision = decisions[0]
    edited = decision.edited_action
    if isinstance(offer, DatasetOffer) and edited is not None:
        named = str(edited.args.get("workflow_id", ""))
        return Reply(deed=read_workflow_choice(named, offer.workflows, asked=True), text=named)
    yes = offer.yes()
    if len(decisions) == 1 and decision.type == "approve" and yes is not None:
        return _decided(yes)
    return _again("That decision does not fit the question.")


def _decided(deed: Deed, text: str = "") -> Reply:
    return Reply(deed=deed, text=text, channel="decision")


def _read_parts(decisions: list[Decision], offer: Offer) -> Reply:
    """One decision for each part of the plan: approved as it is, edited, or left out."""
    items: list[PlanItem] = []
    for decision, item in zip(decisions, offer.items, strict=True):
        if decision.type == "respond" or (
            decision.type in ("edit", "propose") and decision.edited_action is None
        ):
            return _again("Please approve, edit or reject each part.")
        if decision.type == "approve":
            items.append(item)
        elif decision.type != "reject" and decision.edited_action is not None:
            if decision.edited_action.name != offer.action:
                return _again(f"The action {decision.edited_action.name!r} is not part of this plan.")
            edited = _edited(decision.edited_action.args, item, offer)
            if isinstance(edited, str):
                return _again(edited)
            items.append(edited)
    names = [(item.topic, item.strategy) for item in items]
    if len(set(names)) != len(names):
        return _again("The plan names a topic and strategy twice; please add the counts up.")
    if any(decision.type == "propose" for decision in decisions):
        planned = [PlannedItem(**item.model_dump()) for item in items]
        return _decided(ProposePlan(items=planned), text=f"{CHANGED_IN_TABLE} {in_words(items)}.")
    return _decided(Approve(items=items))


def _again(note: str) -> Reply:
    return _decided(Unclear(note=note))


def _edited(changed: Mapping[str, Any], item: PlanItem, offer: Offer) -> PlanItem | str:
    """The item after an edit, or what is wrong with it: it is approved as it stands, so nothing in it is guessed.

    Args:
        changed: the form's values, which may be strings; what is missing stays as it was.
        item: the item as it was shown.
        offer: what the form answers.
    """
    unknown = sorted(changed.keys() - {"workflow_id", *PlanItem.model_fields})
    if unknown:
        # A cap or an approver that was ignored would be a yes to something else than what was sent.
        return f"{', '.join(map(repr, unknown))} cannot be changed here."
    args = {**item.model_dump(), "workflow_id": offer.workflow_id, **changed}
    if str(args["workflow_id"]).strip() != offer.workflow_id:
        return f"The plan is for the workflow {offer.workflow_id}; another one needs its own analysis."
    topic = _known(str(args["topic"]), {name: [name] for name in offer.topics})
    if topic is None:
        return f"There is no topic {str(args['topic'])!r}."
    strategy = _known(
        str(args["strategy"]), {name: [name, guide.title] for name, guide in STRATEGIES.items()}
    )
    if strategy is None:
        return f"There is no strategy {str(args['strategy'])!r}."
    if args["count"] == "":
        return "Please fill in how many records: the count was left empty."
    count = _whole_number(args["count"])
    try:
        fields = {"topic": topic, "count": count, "strategy": strategy}
        pilot = args.get("pilot")
        if pilot not in _NONE:
            fields["pilot"] = _whole_number(pilot) or 0  # what is no number is refused below
        return PlanItem.model_validate(fields)
    except ValidationError as error:
        field = "pilot" if error.errors()[0]["loc"] == ("pilot",) else "count"
        return f"The {field} {args[field]!r} cannot be used: {error.errors()[0]['msg'].lower()}."


def _known(written: str, names: Mapping[str, list[str]]) -> str | None:
    """The name that was written, in whatever capitals and with whatever spaces; never one that only looks alike."""
    if written in names:
        return written
    if not written.isprintable():
        return None
    words = words_of(written)
    same = [name for name, forms in names.items() if any(words_of(form) == words for form in forms)]
    return same[0] if len(same) == 1 else None


def _whole_number(value: object) -> object:
    """A number as it is, or one written in plain digits; ``None`` for anything that only might be a count."""
    if isinstance(value, str):
        digits = value.strip()
        return digits if digits.isascii() and digits.isdigit() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
