"""The app that `langgraph.json` names: it has no pages of its own, it refuses what comes from elsewhere.

The server takes this app's middleware as its outermost one, so that it stands before every route of the server, its
own CORS answers and its websockets included. It also learns here that the server ends: its runs are cancelled then as
they are when a person stops one, and only what a person stops is taken from the workers.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware

from ...graph.build import services_of_the_graph
from ...tools.data_folder import close_to_others, private_files
from ...tools.settings import load_settings
from .foreign_requests import RefuseForeign

_settings = load_settings()
_while_the_server_runs = ExitStack()
_while_the_server_runs.enter_context(private_files())
# Made by the development server before it reads this: it keeps conversations there, and an older one left them open.
close_to_others(Path(".langgraph_api"))


@asynccontextmanager
async def _until_the_server_ends(_: Starlette) -> AsyncIterator[None]:
    # At the signal: who reads along is sent away before this block ends, and that cancels their runs.
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, partial(_end, signal.getsignal(number)))
    yield
    _end()


def _end(handled_by: Any = None, *told: Any) -> None:
    if services_of_the_graph.cache_info().currsize:
        services_of_the_graph().ending.set()
    if callable(handled_by):
        handled_by(*told)


app = Starlette(
    lifespan=_until_the_server_ends,
    middleware=[
        Middleware(
            RefuseForeign,
            hosts=frozenset(_settings.server_hosts),
            origins=frozenset(_settings.server_origins),
        )
    ],
)
