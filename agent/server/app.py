"""The app that `langgraph.json` names: it has no pages of its own, it refuses what comes from elsewhere.

The server takes this app's middleware as its outermost one, so that it stands before every route of the server, its
own CORS answers and its websockets included.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware

from ...tools.data_folder import close_to_others, private_files
from ...tools.settings import load_settings
from .foreign_requests import RefuseForeign

_settings = load_settings()
_while_the_server_runs = ExitStack()
_while_the_server_runs.enter_context(private_files())
# Made by the development server before it reads this: it keeps conversations there, and an older one left them open.
close_to_others(Path(".langgraph_api"))

app = Starlette(
    middleware=[
        Middleware(
            RefuseForeign,
            hosts=frozenset(_settings.server_hosts),
            origins=frozenset(_settings.server_origins),
        )
    ]
)
