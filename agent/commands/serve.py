"""`serve`: the page, for people who would rather look than type."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ...tools.errors import InvalidInput
from ..output import note, say
from .options_and_prompts import open_services, person

_PASSWORD = "FINETUNE_COVERAGE_WEB_PASSWORD"
_LEAST_PASSWORD = 12


def serve(
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help="The address to listen on; another than this machine's own needs a password and TLS.",
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any.")] = 8765,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate", metavar="FILE", help="For TLS: the certificate, PEM.", show_default=False
        ),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="For TLS: its key, PEM.", show_default=False)
    ] = None,
) -> None:
    """Open the page: overview, plan, progress, review and export, beside the conversation."""
    import asyncio

    from ..server.request_headers import is_loopback

    if (certificate is None) != (key is None):
        raise typer.BadParameter("--certificate and --key go together.")
    password = os.environ.get(_PASSWORD) or None
    if not is_loopback(host) and (certificate is None or len(password or "") < _LEAST_PASSWORD):
        raise InvalidInput(
            f"{host} can be reached from other machines.",
            hint=f"Give --certificate and --key, and a password of {_LEAST_PASSWORD} characters or more in "
            f"{_PASSWORD}; or leave --host out and reach the page through ssh.",
        )
    try:
        from ..web.serve import serve as serve_page
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in (
            "nicegui",
            "fastapi",
            "uvicorn",
            "markdown_it",
        ):
            raise
        raise InvalidInput(
            f"The page needs a package that is not installed: {error.name}.",
            hint="pip install 'finetune-coverage[web]'",
        ) from error
    services = open_services()
    asyncio.run(
        serve_page(
            services,
            host,
            port,
            person=person(),
            password=None if is_loopback(host) else password,
            certificate=(certificate, key) if certificate and key else None,
            on_start=_say_where,
        )
    )


def _say_where(url: str) -> None:
    say(f"Open {url}", style="bold")
    note("The address holds the key to the page. Ctrl-C ends it; what was accepted is kept.")
