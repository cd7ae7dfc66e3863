"""Reads the choice of a numbered option: by its number, an ordinal, its letter, or its full wording."""

from __future__ import annotations

import re

from .normalized import normalize
from .offer import Offer, Option, Reply, ReviewScope
from .phrases import OPTION, ORDINALS

# As it is shown, whatever language the rest of the conversation is in.
_LETTER = re.compile(r"(?:plan )?(?P<letter>[a-z])")


def read_option(plain: str, offer: Offer) -> Reply | None:
    """The option that a sentence in lower case chooses; ``None`` when it chooses none."""
    for option in offer.options:
        if plain == normalize(option.label):
            return _chosen(option, offer)
    lettered = _LETTER.fullmatch(plain)
    for option in offer.options:
        if lettered and option.letter.lower() == lettered["letter"]:
            return _chosen(option, offer)
    match = OPTION.fullmatch(plain)
    if match is None or (match["number"] == "one" and match["name"] is None and plain != "one"):
        return None
    number = ORDINALS.get(match["number"]) or int(match["number"])
    if 1 <= number <= len(offer.numbered):
        return _chosen(offer.numbered[number - 1], offer)
    if number >= 10 and match["name"] is None and len(offer.items) == 1:
        return None  # "20" is a count rather than an option
    return Reply(kind="unclear", note=f"There is no option {number}.")


def _chosen(option: Option, offer: Offer) -> Reply:
    if option.effect == "generate":
        # What was not shown with its items and cost cannot be approved yet; it is shown first.
        return Reply(kind="approve" if option.shown else "change", items=option.items)
    if option.effect == "review":
        scope = ReviewScope(
            synthetic="synthetic" in option.label, uncategorized="without a topic" in option.label
        )
        return Reply(kind="review", review=scope)
    return Reply(kind=option.effect)
