"""What a sentence means, by the model's translation and intent; the grammar checks it, code finds its arguments."""

from __future__ import annotations

import re
from typing import cast, get_args

from ..offers.kinds import About
from ..offers.offer import Offer, Reply, ReviewScope
from .exact import asked_first
from .grammar.mentions import find_mentions
from .grammar.phrases import DOUBT
from .grammar.plan_change import read_change
from .grammar.questions import read_question
from .grammar.sentence import read_reply

# Readings of the translation by the grammar that contradict another intent of the model.
_DECISIVE = ("reject", "stop", "undo", "review", "review_outside", "change", "more", "proceed", "question")
_HARMLESS = ("reject", "stop", "undo", "change", "more", "review", "question")
_ONWARD = re.compile(r"skip|grad(?:er?|ing)\b|next|step|proceed|move|continue|forward|straight")
_NO_GUESS = "I am not sure how to take that, and I do nothing on a guess. Please answer with a number."


def as_reply(text: str, english: str, intent: str, offer: Offer) -> Reply:
    """The reply that text, translation and intent make together.

    Never one with a consequence: a yes becomes ``confirm``, and so does what would end the conversation. Where intent
    and translation contradict each other, it is ``unclear``.
    """
    second = read_reply(english, offer)
    if second.means is not None:
        second = second.model_copy(update={"kind": second.means, "means": None})
    reply = asked_first(_of_intent(text, english, intent, second, offer))
    return reply.model_copy(update={"text": text.strip(), "read_by": "model", "is_open": False})


def _of_intent(text: str, english: str, intent: str, second: Reply, offer: Offer) -> Reply:
    asks = bool(re.search(r"[?？؟]\s*$", text.strip()))
    if intent == "yes":
        return _unclear() if asks else _confirm(english, second, offer)
    if intent in ("maybe", "other"):
        # A translation that the grammar understands, and that starts nothing, is better than none.
        return second if second.kind in _HARMLESS and not second.is_open else _unclear()
    if intent.startswith("ask_"):
        return _question(text, english, intent.removeprefix("ask_"), offer)
    if intent == "change":
        change = _change(text, english, offer)
        # "Vale, hazlo" is a yes to the grammar once it is English; it is only asked once more.
        says_yes = change.kind != "change" and second.kind == "approve" and not asks
        return _confirm(english, second, offer) if says_yes else change
    if asks:
        return _unclear()
    if intent == "skip" and not _ONWARD.search(english.lower()):
        # A small model takes "no, leave it" and "go on, start" for it; what is skipped is then nothing but the plan.
        if english.lower().startswith("no"):
            return Reply(kind="reject")
        if second.kind in _HARMLESS and not second.is_open:
            return second
        return _confirm(english, second, offer) if second.kind in ("approve", "resume") else _unclear()
    kind = {
        "no": "reject",
        "skip": "proceed",
        "stop": "stop",
        "undo": "undo",
        "more": "more",
        "show": "review",
    }[intent]
    contradicts = second.kind in _DECISIVE and not second.is_open and second.kind != kind
    if contradicts and not {second.kind, kind} <= {"review", "review_outside", "question"}:
        return _unclear()
    match kind:
        case "proceed":
            return Reply(kind="confirm", means="proceed")
        case "review":
            return second if second.kind in ("review", "review_outside") else _review(text, english, offer)
        case _:
            return Reply.model_validate({"kind": kind})


def _confirm(english: str, second: Reply, offer: Offer) -> Reply:
    """A yes as the model sees it: asked once more, unless the translation sounds like anything else."""
    doubtful = DOUBT.search(english.lower()) is not None
    if doubtful or (second.kind in _DECISIVE and second.kind != "proceed" and not second.is_open):
        return _unclear()
    if offer.action == "proceed_to_grader":
        return Reply(kind="confirm", means="proceed")
    if offer.action == "resume_generation":
        return Reply(kind="confirm", means="resume")
    if offer.plan_id is None or second.kind == "proceed":
        return _unclear()
    return Reply(kind="confirm", means="approve")


def _question(text: str, english: str, about: str, offer: Offer) -> Reply:
    known = read_question(english.lower(), offer.topics)
    own = find_mentions(text, offer.topics)
    topic = own.topics[0] if own.topics else known.topic
    if about == "reach" and known.number is None:
        about = known.about or "score"
    if about not in get_args(About):
        return _unclear()
    number = known.number if about in ("worst", "look", "reach") else None
    return Reply(kind="question", about=cast("About", about), topic=topic, number=number)


def _change(text: str, english: str, offer: Offer) -> Reply:
    """The change, with the numbers as the person wrote them; topics may be named in the translation only."""
    own, translated = find_mentions(text.lower(), offer.topics), find_mentions(english.lower(), offer.topics)
    same_numbers = not own.counts or own.counts == translated.counts
    readings = [text] if own.topics or not same_numbers else []
    readings += [english] if same_numbers else []
    readings += [text]
    replies = [read_change(reading.lower(), offer, offer.items, strict=False) for reading in readings]
    return next((reply for reply in replies if reply.kind == "change"), replies[0])


def _review(text: str, english: str, offer: Offer) -> Reply:
    topics = find_mentions(text, offer.topics).topics or find_mentions(english, offer.topics).topics
    topic = topics[0] if len(topics) == 1 else None
    return Reply(kind="review", topic=topic, review=ReviewScope(topic=topic))


def _unclear() -> Reply:
    return Reply(kind="unclear", note=_NO_GUESS)
