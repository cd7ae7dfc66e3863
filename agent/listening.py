"""What our servers on this machine have in common: where they listen, and the token that lets a person in."""

from __future__ import annotations

import secrets
import socket
from ipaddress import ip_address
from pathlib import Path

from ..tools.data_folder import open_data_folder
from ..tools.errors import InvalidInput


def listen_on(host: str, port: int) -> socket.socket:
    """A socket that listens there already, so that the address can be told before anything else is ready.

    Args:
        host: a name or address of this machine.
        port: 0 for any that is free.

    Raises:
        InvalidInput: the address cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        raise InvalidInput(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            hint="Choose another --port, or another --host.",
        ) from error
    return listener


def shown_host(host: str) -> str:
    """What stands for an address in one that a person opens: for "all of this machine's", the one that others reach."""
    try:
        is_any = ip_address(host).is_unspecified
    except ValueError:
        return host
    if is_any:
        family, elsewhere = (socket.AF_INET6, "2001:db8::1") if ":" in host else (socket.AF_INET, "192.0.2.1")
        try:
            # An address for documentation: no packet is sent, but the way there says which of ours is used.
            with socket.socket(family, socket.SOCK_DGRAM) as asked:
                asked.connect((elsewhere, 9))
                host = asked.getsockname()[0]
        except OSError:
            host = "localhost"
    return f"[{host}]" if ":" in host else host


def kept_token(home: Path, name: str) -> str:
    """The token in a file of the data folder that only its owner may read; made at the first use and kept.

    Raises:
        InvalidInput: the file is empty.
    """
    file = open_data_folder(home) / name
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(secrets.token_urlsafe(32), encoding="ascii")
    except FileExistsError:
        pass
    token = file.read_text(encoding="ascii").strip()
    if not token:
        raise InvalidInput(f"{file} holds no token.", hint="Delete it: the next start makes a new one.")
    return token
