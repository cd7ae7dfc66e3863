"""llama.cpp's OpenAI-compatible server, in this process, on the loopback, behind a random key."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .endpoint_errors import EmbeddedModelUnavailable
from .native_libraries import loaded_with

PARALLEL = 2
CONTEXT = 4096  # tokens of prompt and reply together, for each request
_CACHE_MIB = 512  # kept prompt prefixes; llama.cpp's own default is 8 GB
_TEMPLATE = Path(__file__).with_name("qwen_chat.jinja")

_lock = threading.Lock()
_servers: dict[Path, EmbeddedServer] = {}


@dataclass(frozen=True)
class EmbeddedServer:
    """A running server; it stops with the process.

    Attributes:
        base_url: where it answers, ending in /v1.
        api_key: the only key that it takes, made for this process.
    """

    base_url: str
    api_key: str = field(repr=False)
    _handle: Any = field(repr=False)  # the server stops when this is collected


def embedded_server(weights: Path) -> EmbeddedServer:
    """The server with these weights; started at the first call, the same one afterwards.

    Raises:
        EmbeddedModelUnavailable: llama.cpp is not installed, or cannot load the weights.
    """
    path = weights.resolve()
    with _lock:
        if path not in _servers:
            _servers[path] = _start(path)
        return _servers[path]


def usable_cores() -> int:
    """Physical cores that this process may use: a second thread per core makes llama.cpp slower.

    Whoever sets OMP_NUM_THREADS, as one does where several programs share a machine, gets no more threads than that.
    """
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    allowed = os.sched_getaffinity(0) if sys.platform == "linux" else set(range(os.cpu_count() or 1))
    pairs = {_core(number) for number in allowed}
    most = int(wanted) if wanted.isdecimal() else len(pairs)
    return max(1, min(most, len(pairs)))


def _core(number: int) -> tuple[str, str]:
    topology = Path(f"/sys/devices/system/cpu/cpu{number}/topology")
    try:
        package = (topology / "physical_package_id").read_text()
        return package, (topology / "core_id").read_text()
    except OSError:
        return "", str(number)


def _start(path: Path) -> EmbeddedServer:
    key = secrets.token_urlsafe(32)
    try:
        handle = _runtime().Server(_parameters(path, key))
    except RuntimeError as error:
        raise EmbeddedModelUnavailable(
            f"The embedded model could not be started from {path}: {error}",
            hint="It needs about 2 GB of free memory; a file of your own must be one that llama.cpp can load.",
        ) from error
    return EmbeddedServer(f"{handle.listening_address}/v1", key, handle)


def _runtime() -> Any:
    try:
        # OpenMP's threads spin while they wait, unless told otherwise: 10 times slower on busy cores. A short spin
        # before they sleep is worth a tenth where the cores are free.
        with loaded_with(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="100000"):
            import xllamacpp
    except ImportError as error:
        raise EmbeddedModelUnavailable(
            f"The runtime of the embedded model is not installed: {error}.",
            hint="Run `pip install 'finetune-coverage[embedded]'`, or set OPENAI_API_KEY (and OPENAI_BASE_URL).",
        ) from error
    return xllamacpp


def _parameters(path: Path, key: str) -> Any:
    parameters = _runtime().CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0  # any free one
    parameters.api_keys = [key]
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.cors_origins = ""
    parameters.n_parallel = PARALLEL
    parameters.n_ctx = CONTEXT * PARALLEL
    parameters.cache_prompt = True
    parameters.cache_ram_mib = _CACHE_MIB
    # Only a slot that holds nearly the same prompt is taken for it. Else the server keeps what the slot holds and
    # looks for a better beginning among the kept ones: measured, 20 tokens to read instead of 200.
    parameters.slot_prompt_similarity = 0.8
    parameters.n_threads_http = PARALLEL * 2
    parameters.cpuparams.n_threads = usable_cores()
    parameters.cpuparams_batch.n_threads = usable_cores()
    parameters.use_jinja = True
    parameters.verbosity = -1  # not a word to the terminal, where a person is chatting
    if path.name.startswith("qwen2.5-coder-1.5b"):
        parameters.chat_template = _TEMPLATE.read_text(encoding="utf-8")
    return parameters
