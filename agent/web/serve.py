"""Serves the page: one process, one person's data folder, nothing that is asked of any other host."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from ...graph.build import build_graph
from ...graph.conversations.checkpoints import open_checkpointer
from ...tools.errors import CoverageError
from ...tools.services import Services
from ..listening import kept_token, listen_on, shown_host
from .conversations import Conversations
from .door import Door
from .elements import box, link, text
from .frame import plain_frame
from .plain_words import without_commands
from .screens.datasets import Datasets
from .screens.export import Export
from .screens.overview import Overview
from .screens.plan import PlanScreen
from .screens.review import Review
from .screens.topics import Topics
from .uploads import Uploads

TOKEN_FILE = "web-token"
"""In the data folder. It is kept, so that a tab of before a restart goes on."""
_LONGEST_BUILD = 120
"""Seconds until a page that is not there yet is given up: the first one on a busy machine loads models and measures."""
_LONGEST_SILENCE = 30.0
"""Seconds for which a tab may be out of touch; after that it is loaded anew, and what was being typed is lost."""
Screen = Overview | PlanScreen | Review | Topics | Export
_SCREENS: dict[str, type[Screen]] = {
    "": Overview,
    "plan": PlanScreen,
    "review": Review,
    "topics": Topics,
    "export": Export,
}


async def serve(
    services: Services,
    host: str,
    port: int,
    *,
    person: str,
    password: str | None,
    certificate: tuple[Path, Path] | None,
    on_start: Callable[[str], None],
) -> None:
    """Serve until interrupted.

    Args:
        services: store, models and index.
        host: the address to listen on.
        port: 0 for any that is free.
        person: who sits at the page, for the record of approvals.
        password: what lets a person in where the page can be reached from other machines; None within this one.
        certificate: the files of the certificate and its key, for TLS.
        on_start: called with the address to open, once it can be opened.

    Raises:
        InvalidInput: the address cannot be used.
    """
    listener = listen_on(host, port)
    token = kept_token(services.settings.home, TOKEN_FILE)
    async with open_checkpointer(services.settings) as checkpointer:
        conversations = Conversations(services, build_graph(services, checkpointer=checkpointer), person)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            scheme = "https" if certificate else "http"
            query = "" if password else f"?token={token}"
            on_start(f"{scheme}://{shown_host(host)}:{listener.getsockname()[1]}/{query}")
            yield
            services.ending.set()
            await conversations.close()

        app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
        uploads = Uploads()
        uploads.add_route(app)
        _add_screens(services, conversations, uploads)
        # The framework's bar at the top has no name for a screen reader, and says nothing of ours.
        nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
        ui.run_with(
            app,
            title="Finetune Coverage",
            favicon=_ICON,
            tailwind=False,
            show_welcome_message=False,
            binding_refresh_interval=None,
            reconnect_timeout=_LONGEST_SILENCE,
            language="en-US",
        )
        app.add_middleware(
            Door,
            token=token,
            password=password,
            hosts=services.settings.server_hosts,
            is_secure=certificate is not None,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            ws_max_size=2**20,
            ssl_certfile=certificate[0] if certificate else None,
            ssl_keyfile=certificate[1] if certificate else None,
            timeout_graceful_shutdown=2,
        )
        try:
            await uvicorn.Server(config).serve(sockets=[listener])
        finally:
            uploads.close()


def _add_screens(services: Services, conversations: Conversations, uploads: Uploads) -> None:
    @ui.page("/", response_timeout=_LONGEST_BUILD)
    async def datasets() -> None:
        await Datasets(services, uploads).draw()

    @ui.page("/data/{workflow_id}", response_timeout=_LONGEST_BUILD)
    async def overview(workflow_id: str) -> None:
        await _draw(workflow_id, "")

    @ui.page("/data/{workflow_id}/{screen}", response_timeout=_LONGEST_BUILD)
    async def other(workflow_id: str, screen: str) -> None:
        await _draw(workflow_id, screen)

    async def _draw(workflow_id: str, screen: str) -> None:
        from ...tools.store.workflows import require_workflow

        try:
            if screen not in _SCREENS:
                raise KeyError(screen)
            await asyncio.to_thread(require_workflow, services.store, workflow_id)
            conversation = await conversations.about(workflow_id)
        except (KeyError, CoverageError) as error:
            with plain_frame("Not here"), box("section", "card empty"):
                text(
                    without_commands(str(error))
                    if isinstance(error, CoverageError)
                    else "There is no such screen.",
                    "p",
                )
                link("To the datasets", "/", "act quiet")
            return
        await _SCREENS[screen](services, workflow_id, conversation).draw()


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#23634a"/>'
    '<path d="M3 12V8h2.4v4zM6.8 12V5h2.4v7zM10.6 12V3H13v9z" fill="#fff"/></svg>'
)
