"""The one place where a process tells what it does: calls, attempts, jobs, turns. Nobody listens unless told to.

Names of attributes are those of OpenTelemetry's GenAI conventions (docs/gen-ai/gen-ai-spans.md of
https://github.com/open-telemetry/semantic-conventions-genai) where it has one. What is told are ids, names of models
and checks, and figures: neither a record nor a topic, an answer, or what an endpoint said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from .measures import PREFIX

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ..models.usage import TokenUsage
    from ..settings import Settings

AGENT = "finetune-coverage"
STATUS = f"{PREFIX}.status"
CHECK = f"{PREFIX}.check"
JOB = f"{PREFIX}.job.id"
STRATEGY = f"{PREFIX}.strategy"
ERROR = "error.type"

Value = str | int | float | Sequence[str]


@dataclass
class Operation:
    """Something that takes time.

    Attributes:
        kind: of a model call, a job, a turn, a step of the graph within it.
        name: for people.
        attributes: what is known of it; more may come until it ends.
        pauses: what is raised where it only waits for a person.
    """

    kind: Literal["chat", "job", "turn", "step"]
    name: str
    attributes: dict[str, Value] = field(default_factory=dict)
    pauses: tuple[type[BaseException], ...] = ()

    def failed(self, error: BaseException) -> bool:
        """Note the kind of what was raised; False when that is no failure."""
        if isinstance(error, self.pauses):
            return False
        self.attributes[ERROR] = type(error).__name__
        return True

    def answered(self, usage: TokenUsage) -> None:
        """Note what a call took; what its endpoint did not count stays open."""
        self.attributes |= _usage(usage)

    def ended(self, status: str) -> None:
        """Note how it ended."""
        self.attributes[STATUS] = status


@dataclass(frozen=True)
class EndedAttempt:
    """What became of an attempt.

    Attributes:
        check: what refused it; None for an accepted one.
        tokens: of all its calls; estimated where the endpoint does not count.
        usd: what it cost; None where the price is not known.
        began_at: nanoseconds since 1970.
    """

    job_id: str
    number: int
    strategy: str
    status: str
    check: str | None
    tokens: int
    usd: float | None
    began_at: int


@dataclass(frozen=True)
class Standing:
    """Where a running job stands at this moment.

    Attributes:
        endpoints: of each endpoint its address, how many requests may be there at once, and how many places are taken.
        waiting: attempts that are ready and wait for a place.
        owed: records that nobody writes yet.
        lease_age: seconds since its lease was renewed.
    """

    endpoints: Sequence[tuple[str, int, int]]
    waiting: int
    owed: int
    lease_age: float


class Observer(Protocol):
    """Somebody who is told."""

    def observe(self, operation: Operation) -> AbstractContextManager[None]:
        """Stand around an operation: its errors pass through."""

    def answered_in_batch(self, attributes: Mapping[str, Value]) -> None:
        """An answer came whose call took no time of this process."""

    def attempt_ended(self, attempt: EndedAttempt) -> None:
        """An attempt has its outcome."""

    def spent(self, usd: float, model: str, strategy: str) -> None:
        """A budget has counted money."""

    def close(self) -> None:
        """Give away what is left; nothing more comes."""


_observers: tuple[Observer, ...] = ()
_standings: dict[object, Callable[[], Standing]] = {}
_begins = threading.Lock()
_has_begun = False
_UNSEEN = Operation("step", "")
"""What operations note things in that nobody is told of."""


def begin(settings: Settings) -> None:
    """Tell whomever the settings and OpenTelemetry's own variables name, from now on; once in a process."""
    global _has_begun
    with _begins:
        if _has_begun:
            return
        _has_begun = True
        if settings.log is not None:
            from .log_lines import LogLines

            add_observer(LogLines(settings.log, settings.log_level))
        from .otlp_variables import are_set

        if are_set():
            from .open_telemetry import observer_if_installed

            if (observer := observer_if_installed()) is not None:
                add_observer(observer)


def add_observer(observer: Observer) -> None:
    """Have somebody told, beside those that are."""
    global _observers
    _observers = (*_observers, observer)


def end() -> None:
    """Tell nobody any more; what was not given away yet is given away now."""
    global _observers, _has_begun
    with _begins:
        left, _observers, _has_begun = _observers, (), False
    for observer in left:
        observer.close()


def is_on() -> bool:
    """Whether anybody is told anything."""
    return bool(_observers)


def standings() -> list[Standing]:
    """Where the jobs stand that run in this process."""
    return [look() for look in list(_standings.values())]


@contextmanager
def model_call(model: BaseChatModel, options: Mapping[str, Any]) -> Iterator[Operation]:
    """One request to a chat model.

    Args:
        model: that is asked.
        options: of the request.
    """
    if not _observers:
        yield _UNSEEN
        return
    name = _model_name(model)
    asked = {
        "gen_ai.request.max_tokens": options.get("max_tokens") or options.get("max_completion_tokens"),
        "gen_ai.request.temperature": options.get("temperature"),
        "gen_ai.output.type": "json" if "response_format" in options else None,
    }
    known: dict[str, Value] = {key: value for key, value in asked.items() if value is not None}
    with _observed(Operation("chat", f"chat {name}", _of_model(model, name) | known)) as operation:
        yield operation


def answered_in_batch(model: BaseChatModel, usage: TokenUsage) -> None:
    """An answer that a batch brought."""
    if _observers:
        attributes = _of_model(model, _model_name(model)) | _usage(usage)
        for observer in _observers:
            observer.answered_in_batch(attributes)


@contextmanager
def job_run(job_id: str, workflow_id: str, strategy: str, count: int) -> Iterator[Operation]:
    """A job, from when it is held here until it is not."""
    attributes: dict[str, Value] = {
        JOB: job_id,
        f"{PREFIX}.workflow.id": workflow_id,
        STRATEGY: strategy,
        f"{PREFIX}.requested": count,
    }
    with _observed(Operation("job", f"generate {strategy}", attributes)) as operation:
        yield operation


@contextmanager
def standing_known(look: Callable[[], Standing]) -> Iterator[None]:
    """For as long as a job runs: where it stands can be asked, from any thread."""
    key = object()
    _standings[key] = look
    try:
        yield
    finally:
        del _standings[key]


def attempt_ended(attempt: EndedAttempt) -> None:
    """An attempt has its outcome."""
    for observer in _observers:
        observer.attempt_ended(attempt)


def spent(usd: float, model: str, strategy: str) -> None:
    """A budget has counted money."""
    for observer in _observers:
        observer.spent(usd, model, strategy)


@contextmanager
def turn(conversation_id: str, channel: str) -> Iterator[Operation]:
    """What the agent does about one thing that a person said."""
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": AGENT,
        "gen_ai.conversation.id": conversation_id,
        f"{PREFIX}.channel": channel,
    }
    with _observed(Operation("turn", f"invoke_agent {AGENT}", attributes)) as operation:
        yield operation


@contextmanager
def step(node: str, pauses: type[BaseException]) -> Iterator[Operation]:
    """One node of the graph, which may end with what is raised where a person is asked."""
    with _observed(Operation("step", node, {f"{PREFIX}.node": node}, (pauses,))) as operation:
        yield operation


@contextmanager
def _observed(operation: Operation) -> Iterator[Operation]:
    if not _observers:
        yield _UNSEEN
        return
    with ExitStack() as stack:
        for observer in _observers:
            stack.enter_context(observer.observe(operation))
        yield operation


def _model_name(model: BaseChatModel) -> str:
    return str(getattr(model, "model_name", type(model).__name__))


def _of_model(model: BaseChatModel, name: str) -> dict[str, Value]:
    found: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        # Whose API is spoken: that of OpenAI at most endpoints, whoever runs them.
        "gen_ai.provider.name": type(model).get_lc_namespace()[-1],
        "gen_ai.request.model": name,
    }
    address = urlsplit(str(getattr(model, "openai_api_base", None) or ""))
    if address.hostname:
        found["server.address"] = address.hostname
        found["server.port"] = address.port or {"http": 80}.get(address.scheme, 443)
    return found


def _usage(usage: TokenUsage) -> dict[str, Value]:
    told = {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    }
    counted: dict[str, Value] = {key: tokens for key, tokens in told.items() if tokens}
    return counted | (
        {"gen_ai.response.finish_reasons": [usage.finish_reason]} if usage.finish_reason else {}
    )
