"""The form in which a model's endpoint takes a request: found out by what it refuses, and kept to from then on."""

from __future__ import annotations

import json
import sys
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .endpoint_errors import is_context_overflow, is_filtered

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Limit = Literal["max_tokens", "max_completion_tokens"]
Format = Literal["json_schema", "json_object"]

_OPTIONAL = ("temperature", "seed")
_REFUSALS = (400, 404, 415, 422, 501)
# Keywords that OpenAI's strict mode refuses; with them the schema goes in non-strict.
_NOT_STRICT = frozenset(
    ("minLength", "maxLength", "minProperties", "maxProperties", "uniqueItems", "oneOf", "allOf", "default")
)
PROSE_IN_A_ROW = 3
"""Answers without any JSON after which an endpoint counts as one that ignores ``response_format``; a model that
has it slips now and then all the same."""


@dataclass(frozen=True)
class RequestForm:
    """What a request says beside its messages.

    Attributes:
        format: the kind of ``response_format``; None for none. Without the schema in it, that stands in the prompt.
        limit: what the limit on tokens is called; a client that the host program brings gives it a name itself.
        has_other_limit: whether the first name was refused.
        left_out: options that are not taken.
    """

    format: Format | None = "json_schema"
    limit: Limit = "max_tokens"
    has_other_limit: bool = False
    left_out: frozenset[str] = frozenset()

    def options(self, *, max_tokens: int, temperature: float, seed: int | None = None) -> dict[str, Any]:
        """The options of a request for any answer."""
        options: dict[str, Any] = {"temperature": temperature, self.limit: max_tokens, "seed": seed}
        return {
            name: value for name, value in options.items() if name not in self.left_out and value is not None
        }

    def json_options(self, schema: dict[str, Any], *, name: str) -> dict[str, Any]:
        """The option of a request for JSON, beside the others."""
        if self.format is None:
            return {}
        described = {"name": name, "strict": _is_strict(schema), "schema": schema}
        more = {"json_schema": described} if self.format == "json_schema" else {}
        return {"response_format": {"type": self.format, **more}}

    def prompt(self, messages: Sequence[tuple[str, str]], schema: dict[str, Any]) -> list[tuple[str, str]]:
        """The messages; with the schema in the system prompt when it does not go along as an option."""
        if self.format == "json_schema":
            return list(messages)
        rule = (
            "Answer with exactly one JSON object and nothing else. It must satisfy this JSON Schema:\n"
            f"{json.dumps(schema, ensure_ascii=False)}"
        )
        if messages and messages[0][0] == "system":
            return [("system", f"{messages[0][1]}\n\n{rule}"), *messages[1:]]
        return [("system", rule), *messages]

    def after(self, error: Exception, sent: dict[str, Any]) -> RequestForm | None:
        """The form to ask again with, if the endpoint refused this one; None when it refused something else.

        Args:
            error: what the request came to.
            sent: its options.
        """
        import openai

        if not isinstance(error, openai.APIStatusError) or error.status_code not in _REFUSALS:
            return None
        if is_context_overflow(error) or is_filtered(error) or error.code == "model_not_found":
            return None
        said = f"{error.param or ''} {error}".lower()
        for option in _OPTIONAL:
            if option in sent and option in said:
                return replace(self, left_out=self.left_out | {option})
        if self.limit in sent and self.limit in said and not self.has_other_limit:
            other: Limit = "max_completion_tokens" if self.limit == "max_tokens" else "max_tokens"
            return replace(self, limit=other, has_other_limit=True)
        if "response_format" not in sent:
            return None
        if any(words in said for words in ("response_format", "json_schema", "json_object")):
            return replace(self, format="json_object" if self.format == "json_schema" else None)
        # Endpoints that do not say what they dislike: the schema is the likeliest. A wrong key, model or path
        # is then refused again, and told to the person.
        return replace(self, format=None) if error.status_code != 404 else None


class KnownForm:
    """The form that an endpoint takes; one object for all that asks a model.

    Attributes:
        form: to ask with.
    """

    def __init__(self, form: RequestForm) -> None:
        self.form = form
        self._prose = 0

    def answered(self, form: RequestForm, text: str) -> None:
        """Take note of an answer in full to a request for JSON in this form."""
        if form.format is None or not text.strip():
            return
        self._prose = 0 if "{" in text else self._prose + 1
        if self._prose >= PROSE_IN_A_ROW:
            self.form = replace(self.form, format=None)  # it takes the option and ignores it


_of_hosts: dict[int, KnownForm] = {}  # by id of the model object, until it is collected


def speaks_openai(model: BaseChatModel) -> bool:
    """Whether a model is a client of an OpenAI-compatible endpoint."""
    # Without the import there can be no such model; the import takes a second.
    base = getattr(sys.modules.get("langchain_openai.chat_models.base"), "BaseChatOpenAI", None)
    return base is not None and isinstance(model, base)


def known_form(model: BaseChatModel) -> KnownForm:
    """What is known of the endpoint of a chat model; our own ones carry it."""
    own: KnownForm | None = getattr(model, "known_form", None)
    if own is not None:
        return own
    key = id(model)
    if key not in _of_hosts:
        # A model of another kind: what it makes of these is unknown, the prompt is understood.
        other = RequestForm(format=None, left_out=frozenset(("seed",)))
        _of_hosts[key] = KnownForm(RequestForm(has_other_limit=True) if speaks_openai(model) else other)
        weakref.finalize(model, _of_hosts.pop, key, None)
    return _of_hosts[key]


def _is_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes this schema: every object closed, every property required."""
    if isinstance(schema, list):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if "properties" in schema or schema.get("type") == "object":
        names = set(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False or names != set(schema.get("required", ())):
            return False
        if not all(_is_strict(part) for part in schema.get("properties", {}).values()):
            return False
    rest = {key: value for key, value in schema.items() if key not in ("properties", "enum", "const")}
    return not (_NOT_STRICT & rest.keys()) and all(_is_strict(value) for value in rest.values())
