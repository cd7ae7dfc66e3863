"""Tells a yes that was read from a person's answer from one that was written into the state.

The state of a thread can be written from outside (`update_state`, a command with an update, a parent graph). A reply
that approves is therefore sealed where the answer is read, and only a sealed one is carried out. The key lives as long
as the process: after a crash between reading and writing down, the person is asked again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

from .offer import Offer, Reply

_KEY = secrets.token_bytes(32)


def sealed(reply: Reply, offer: Offer) -> Reply:
    """The reply with the seal of this process, for exactly this plan and these items."""
    return reply.model_copy(update={"seal": _seal(reply, offer)})


def is_sealed(reply: Reply, offer: Offer) -> bool:
    """Whether this process read this reply as an answer to this offer."""
    return hmac.compare_digest(reply.seal, _seal(reply, offer))


def _seal(reply: Reply, offer: Offer) -> str:
    items = [item.model_dump() for item in reply.items]
    said = json.dumps([offer.plan_id, offer.workflow_id, reply.kind, items], sort_keys=True)
    return hmac.new(_KEY, said.encode(), hashlib.sha256).hexdigest()
