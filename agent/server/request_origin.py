"""Whether a request comes from a page of somebody else's, by whatever method.

A browser lets any page send requests to this machine; it only keeps the answer from the page. That is enough to say
yes to a plan. So the name that was asked for (Host) and the page that asks (Origin) must both be known:

- A page that points a name of its own at this machine (DNS rebinding) asks for that name: refused by Host.
- A page elsewhere names itself in Origin, on every request that can change anything and on every websocket: refused
  by Origin, and so is ``null``, which stands for a file, a sandbox or a redirect.
- A request that a browser sends without Origin (an image, a link, a script) says so in Sec-Fetch-Site: refused.
- Programs such as curl and the SDK send no Origin. They pass: no page can make them.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import Scope

from ...tools.settings import PREFIX
from .request_headers import header_values, host_name, is_loopback

SHOWN = 200
"""Characters of what a request says that are repeated in an answer."""


def foreign(scope: Scope, *, hosts: Collection[str], origins: Collection[str]) -> str | None:
    """Why a request or websocket is refused for where it comes from; None when it is not.

    Args:
        scope: as ASGI describes it.
        hosts: names under which the server may be asked for, beside ``localhost``, loopback addresses and the address
            that the request came in on.
        origins: origins of pages that may use the server, beside pages of its own, as ``https://host[:port]``.
    """
    asked, pages = header_values(scope, b"host"), header_values(scope, b"origin")
    if len(asked) != 1 or not _is_own_host(asked[0], scope, hosts):
        return (
            f"This server is not known as {', '.join(asked)[:SHOWN]!r}. If that name is yours, add it to "
            f"{PREFIX}SERVER_HOSTS."
        )
    for page in pages:
        if page not in origins and not _is_same(page, asked[0]):
            return (
                f"Pages of {page[:SHOWN]!r} may not use this server. If you trust them, add that origin to "
                f"{PREFIX}SERVER_ORIGINS."
            )
    if not pages and {"cross-site", "same-site"} & set(header_values(scope, b"sec-fetch-site")):
        return "A page of another site may not use this server."
    return None


def _is_own_host(host: str, scope: Scope, hosts: Collection[str]) -> bool:
    name = host_name(host)
    return name is not None and (
        is_loopback(name) or name in hosts or name == (scope.get("server") or ("",))[0]
    )


def _is_same(origin: str, host: str) -> bool:
    """Whether a page comes from this very server."""
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority.lower() == host.lower()
