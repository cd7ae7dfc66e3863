"""An item of the plan as a person changed it in a form: it is approved as it stands, so nothing in it is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.strategy_choice import STRATEGIES
from ..reading.names import words_of
from .offer import Offer

_FIELDS = {"workflow_id", *PlanItem.model_fields}


def edited_item(changed: Mapping[str, Any], item: PlanItem, offer: Offer) -> PlanItem | str:
    """The item after an edit, or what is wrong with it.

    Args:
        changed: the form's values, which may be strings; what is missing stays as it was.
        item: the item as it was shown.
        offer: what the form answers.
    """
    unknown = sorted(changed.keys() - _FIELDS)
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
        return PlanItem.model_validate({"topic": topic, "count": count, "strategy": strategy})
    except ValidationError as error:
        return f"The count {args['count']!r} cannot be used: {error.errors()[0]['msg'].lower()}."


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
