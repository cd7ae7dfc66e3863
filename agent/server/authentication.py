"""Who asks the LangGraph server: a person with a token, or whoever sits at this machine.

With no token set, only connections within this machine are served. As soon as one is set, every connection needs one,
within this machine too: others may have an account on it.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from langgraph_sdk import Auth

from ...graph.context import LOCAL
from ...tools.settings import PREFIX, load_settings
from .request_headers import header_values, host_name, is_loopback

_FORWARDED = (
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-forwarded-port",
    b"x-client-ip",
    b"true-client-ip",
    b"x-real-ip",
    b"cf-connecting-ip",
    b"via",
)

auth = Auth()
tokens = load_settings().people_with_tokens
"""Of each person, by name; empty when none is set."""


class Unknown(Exception):
    """The request does not say who sends it; the text tells the sender what is missing."""


def person_asking(scope: Mapping[str, Any]) -> str:
    """The name of the person whose token a request carries, or `LOCAL`.

    Args:
        scope: of the request or websocket, as ASGI describes it.

    Raises:
        Unknown: its token is missing or wrong, or it comes from elsewhere and no token is set.
    """
    if not tokens:
        if _is_within_this_machine(scope):
            return LOCAL
        raise Unknown(
            "This server is reached from beyond its machine, and no token is set. Set "
            f"{PREFIX}SERVER_TOKENS=name:token and send the header  Authorization: Bearer token"
        )
    values = header_values(scope, b"authorization")
    kind, _, token = (values[0] if len(values) == 1 else "").partition(" ")
    # All are compared, each in constant time: the answer's delay tells nothing about a token.
    found = [
        name
        for name, known in tokens.items()
        if hmac.compare_digest(known.get_secret_value().encode(), token.strip().encode())
    ]
    if kind.lower() != "bearer" or not found:
        raise Unknown("Send the header  Authorization: Bearer token  with a token of this server.")
    return found[0]


@auth.authenticate
async def authenticate(scope: dict[str, Any]) -> Auth.types.MinimalUserDict:
    """Tell the server who asks: it keeps the name with the run, where nothing in a request can change it."""
    try:
        return {"identity": person_asking(scope)}
    except Unknown as error:
        raise Auth.exceptions.HTTPException(status_code=401, detail=str(error)) from None


def _is_within_this_machine(scope: Mapping[str, Any]) -> bool:
    """Both ends and the name asked for are loopback, and nobody in between says that it passes the request on."""
    ends = [scope.get("client"), scope.get("server")]
    host = host_name((header_values(scope, b"host") or [""])[0])
    return (
        all(end is not None and is_loopback(str(end[0])) for end in ends)
        and host is not None
        and is_loopback(host)
        and not any(header_values(scope, name) for name in _FORWARDED)
    )
