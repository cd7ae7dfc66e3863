"""What a request's headers say, read strictly: what cannot be read is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit


def header_values(scope: Mapping[str, Any], name: bytes) -> list[str]:
    """All values of a header, in order; a request may carry one several times.

    Args:
        scope: of the request or websocket, as ASGI describes it.
        name: in lower case.
    """
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name]


def host_name(host: str) -> str | None:
    """The name or address in a Host header, in lower case without its port; None where it cannot be read."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine's own, which no name server can point elsewhere."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
