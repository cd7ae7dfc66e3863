"""The live parts that the tools work with: store, models, few-shot index; each made at first use."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from .data_folder import open_data_folder
from .errors import InvalidInput
from .generation.money.prices import read_prices
from .memo import Memo
from .observability import telemetry
from .settings import PREFIX, Settings, load_settings
from .store.store import Store

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

    from .generation.money.counted_prompts import CountedPrompts
    from .generation.tool_executor import ToolExecutor
    from .index.few_shot_index import FewShotIndex
    from .model_settings import ModelSettings
    from .models.answer_room import AnswerRoom


MOST_READ = 8
"""Things read of datasets that are kept at hand, such as some records of each topic."""
MOST_EXPECTED = 256
"""Estimates of what an item of a plan takes, and other small things, likewise."""
MOST_OTHER_MODELS = 8
"""Models named by requests that are kept at hand; the one asked for longest ago goes first."""


class Services:
    """Store, models and index for one set of settings.

    Nothing is opened or loaded until it is asked for: an analysis never waits for a language model.

    Attributes:
        read_of_datasets: what was read of a dataset, by `dataset_state`.
        unusable_strategies: by topic, which strategies can use none of its records, likewise.
        expected_work: what items of plans are expected to take, by the revision of the store.
        export_folder: the only one into which a conversation writes files; a program at a terminal puts its own there.
        ending: set by a server that ends: what workers carry out goes on without it.

    Args:
        settings: where data is kept and which models are used; read from the environment when not given.
        make_chat_model: what makes the chat model, for hosts that bring their own. Unless the settings name the
            model, it is unknown: it is asked like an endpoint's, and its price is not known.
        make_embeddings: what makes the embedding model, likewise.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        make_chat_model: Callable[[Settings], BaseChatModel] | None = None,
        make_embeddings: Callable[[Settings], Embeddings] | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        if make_chat_model is not None:
            self.settings = self.settings.for_hosts_model()
        self._make_chat_model = make_chat_model
        self._make_embeddings = make_embeddings
        self._lock = threading.RLock()
        self._others: dict[str, Services] = {}
        self._by_workflow: dict[str, Embeddings] = {}
        self._rooms: dict[str, tuple[ModelSettings, AnswerRoom]] = {}
        self.read_of_datasets = Memo(MOST_READ)
        self.unusable_strategies = Memo(MOST_EXPECTED)
        self.expected_work = Memo(MOST_EXPECTED)
        self.export_folder = self.settings.home / "exports"
        self.ending = threading.Event()

    @classmethod
    def from_settings(cls, settings: Settings | None = None) -> Services:
        """Services with the models that the settings name; what they do is told to whomever the settings name, too.

        Raises:
            InvalidInput: the price file that they name cannot be used; every estimate would need it.
        """
        services = cls(settings)
        telemetry.begin(services.settings)
        if services.settings.prices is not None:
            read_prices(services.settings.prices)
        return services

    def with_model(self, name: str) -> Services:
        """The same store and embeddings with another language model; asked again soon, it is the same object.

        Args:
            name: as the setting ``model`` takes it, but no file that the settings do not name: it comes with a request,
                and who may ask the agent may not thereby have any file of this machine loaded.

        Raises:
            InvalidInput: the host program brings its own model, so that a name has no meaning; or it names a file.
        """
        if self._make_chat_model is not None:
            raise InvalidInput(
                f"The model {name!r} cannot be chosen: this program brings its own.",
                hint="Leave `model` out of the context.",
            )
        settings = self.settings.model_copy(update={"model": name.strip()})
        if settings.model_file is not None and settings.model_file != self.settings.model_file:
            raise InvalidInput(
                f"The model {name!r} cannot be chosen: it is a file that the settings do not name, and a request "
                "cannot have one loaded.",
                hint=f"Name it in {PREFIX}MODEL where the program is started, or choose 'embedded' or a model at the "
                "endpoint.",
            )
        with self._lock:
            other = self._others.pop(settings.model, None)
            if other is None:
                _ = self.store  # opened first, so that both use it
                other = copy.copy(self)
                other.settings = settings
                other.__dict__.pop("_chat_model", None)
                other.__dict__.pop("_verifier_model", None)
                other._make_embeddings = lambda _: self.embeddings
                other._rooms = {}
                other.__dict__.pop("counted_prompts", None)
            self._others[settings.model] = other
            if len(self._others) > MOST_OTHER_MODELS:
                del self._others[next(iter(self._others))]
            return other

    @property
    def store(self) -> Store:
        """The store of datasets, plans and jobs."""
        with self._lock:
            return self._store

    @property
    def chat_model(self) -> BaseChatModel:
        """The model that writes records."""
        with self._lock:
            return self._chat_model

    @property
    def verifier_model(self) -> BaseChatModel | None:
        """The model that verifies records, which may be the one that writes them; None when there is no verifier."""
        with self._lock:
            return self._verifier_model

    @cached_property
    def tool_executor(self) -> ToolExecutor | None:
        """The user's function that answers the tool calls of generated records; None where none is set.

        Raises:
            InvalidInput: it cannot be loaded.
        """
        from .generation.tool_executor import ToolExecutor

        name = self.settings.tool_executor
        return ToolExecutor.named(name, self.settings.tool_seconds) if name else None

    def answer_room(self, settings: ModelSettings | None = None) -> AnswerRoom:
        """Room for the answers of the language model, or of that of other settings; one object for each model.

        Call `remember_answer_rooms` after it may have learned something.
        """
        from .generation.attempts.known_endpoints import room_for

        settings = settings or self.settings
        with self._lock:
            name = settings.model_in_use
            if name not in self._rooms:
                self._rooms[name] = (settings, room_for(self.store, settings))
            return self._rooms[name][1]

    def remember_answer_rooms(self) -> None:
        """Keep what answers have shown of their models."""
        from .generation.attempts.known_endpoints import remember_room

        with self._lock:
            rooms = list(self._rooms.values())
        for settings, room in rooms:
            remember_room(self.store, settings, room)

    @property
    def embeddings(self) -> Embeddings:
        """The model that turns text into vectors."""
        with self._lock:
            return self._embeddings

    def embeddings_of(self, workflow_id: str) -> Embeddings:
        """The model that turns a workflow's texts into vectors: where none is set, one that knows its language."""
        from .index.dataset_language import dataset_language
        from .models.embedding import make_embeddings

        if self._make_embeddings is not None or self.settings.embedding_model:
            return self.embeddings
        workflow_id = workflow_id.split("\n")[0]  # what follows is something beside its records
        with self._lock:
            if workflow_id not in self._by_workflow:
                language = dataset_language(self.store, workflow_id)
                self._by_workflow[workflow_id] = make_embeddings(self.settings, language)
            return self._by_workflow[workflow_id]

    @property
    def index(self) -> FewShotIndex:
        """The vectors of the records, for choosing seeds and examples."""
        with self._lock:
            return self._index

    def close(self) -> None:
        """Let go of the store and the index; they are opened again when they are used again."""
        with self._lock:
            for services in (self, *self._others.values()):
                if "_index" in vars(services):
                    services._index.close()
                if "_store" in vars(services):
                    services._store.close()

    @cached_property
    def counted_prompts(self) -> CountedPrompts:
        """What the endpoint of the language model, and of the verifier, counted for prompts."""
        from .generation.money.counted_prompts import CountedPrompts

        return CountedPrompts()

    @cached_property
    def _store(self) -> Store:
        open_data_folder(self.settings.home)
        return Store.open(self.settings.store_url)

    @cached_property
    def _chat_model(self) -> BaseChatModel:
        from .models.chat import make_chat_model

        return (self._make_chat_model or make_chat_model)(self.settings.for_hosts_model(is_hosts=False))

    @cached_property
    def _verifier_model(self) -> BaseChatModel | None:
        from .models.chat import make_chat_model

        settings = self.settings.for_verifier()
        if settings is None:
            return None
        return make_chat_model(settings) if self.settings.has_own_verifier else self.chat_model

    @cached_property
    def _embeddings(self) -> Embeddings:
        from .models.embedding import make_embeddings

        return (self._make_embeddings or make_embeddings)(self.settings)

    @cached_property
    def _index(self) -> FewShotIndex:
        from .index.few_shot_index import FewShotIndex

        return FewShotIndex(self.embeddings_of, path=self.settings.index_path, url=self.settings.chroma_url)
