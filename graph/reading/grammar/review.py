"""Reads the wish to see records: which topic, existing or generated ones, here or outside."""

from __future__ import annotations

import re

from ...offers.offer import Offer, Reply, ReviewScope
from .mentions import find_mentions
from .phrases import JUST_GENERATED, OUTSIDE, REVIEW, REVIEWABLE
from .questions import read_demand


def read_review(plain: str, offer: Offer) -> Reply | None:
    """The review that a sentence in lower case asks for; ``None`` when it asks for none."""
    if OUTSIDE.fullmatch(plain) and "?" not in plain:
        return Reply(kind="review_outside")
    match = REVIEW.fullmatch(plain)
    if match is not None and JUST_GENERATED.search(match["what"]):
        return Reply(kind="review", review=ReviewScope(synthetic=True))
    if match is None or read_demand(plain, offer.topics) is not None:
        return None
    if re.search(r"\d|\b(?:plan|strateg|score|cost|how|why|what)", match["what"]):
        return None
    topics = find_mentions(match["what"], offer.topics).topics
    if len(topics) > 1 or not (topics or not match["what"].strip() or REVIEWABLE.search(match["what"])):
        return None
    new = re.search(r"\b(?:synthetic|generated|new)\b", match["what"])
    loose = re.search(r"\b(?:uncategori[sz]ed|unlabell?ed|without (?:a )?topic)\b", match["what"])
    scope = ReviewScope(topic=topics[0] if topics else None, synthetic=bool(new), uncategorized=bool(loose))
    return Reply(kind="review", topic=scope.topic, review=scope)
