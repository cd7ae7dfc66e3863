"""`serve`: the page, for people who would rather look than type."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...tools.errors import InvalidInput
from ..output import note, say
from .options_and_prompts import open_services, person


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

    from ...tools.settings import PREFIX
    from ..server.request_headers import is_loopback

    if (certificate is None) != (key is None):
        raise typer.BadParameter("--certificate and --key go together.")
    services = open_services()
    typed = services.settings.web_password
    is_near = is_loopback(host)
    if not is_near and (certificate is None or typed is None):
        raise InvalidInput(
            f"{host} can be reached from other machines.",
            hint=f"Give --certificate and --key, and a password in {PREFIX}WEB_PASSWORD; or leave --host out and reach "
            "the page through ssh.",
        )
    try:
        from ..web.serve import serve as serve_page
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("nicegui", "fastapi", "uvicorn", "markdown_it"):
            raise
        raise InvalidInput(
            f"The page needs a package that is not installed: {error.name}.",
            hint="pip install 'finetune-coverage[web]'",
        ) from error
    asyncio.run(
        serve_page(
            services,
            host,
            port,
            person=person(),
            password=None if is_near or typed is None else typed.get_secret_value(),
            certificate=(certificate, key) if certificate and key else None,
            on_start=_say_where if is_near else _say_where_for_others,
        )
    )


def _say_where(url: str) -> None:
    say(f"Open {url}", style="bold")
    note("The address holds the key to the page. Ctrl-C ends it; what was accepted is kept.")


def _say_where_for_others(url: str) -> None:
    say(f"Open {url}", style="bold")
    note("It asks for the password. Ctrl-C ends it; what was accepted is kept.")
