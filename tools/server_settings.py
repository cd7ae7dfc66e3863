"""The settings of the LangGraph server: who may use it."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from .model_settings import ModelSettings

SHORTEST_TOKEN = 20
SHORTEST_PASSWORD = 12
_PERSON = re.compile(r"[\w.@+-]{1,100}")

Words = Annotated[tuple[str, ...], NoDecode]
"""In the environment: words with commas or white space between them."""


class ServerSettings(ModelSettings):
    """Hosts, origins and tokens of the server that `langgraph.json` describes."""

    server_hosts: Words = Field(
        default=(),
        title="Names of the server",
        description="Names under which the LangGraph server may be asked for, beside localhost and its own address: "
        "agent.example.com. Anything else is refused.",
    )
    server_origins: Words = Field(
        default=(),
        title="Pages that may use the server",
        description="Origins of web pages that may talk to the LangGraph server, and so approve plans: "
        "https://smith.langchain.com for LangGraph Studio (`make studio` sets it), http://localhost:3000 for an "
        "agent-chat-ui of your own. All others are refused.",
    )
    server_tokens: SecretStr | None = Field(
        default=None,
        title="Tokens of the server",
        description="name:token for each person, with commas between them. Once set, every request needs a token, and "
        "the name is kept with approvals. Not set: only this machine is served.",
    )
    web_password: SecretStr | None = Field(
        default=None,
        title="Password of the page",
        description="What lets a person in where `serve --host` can be reached from other machines; 12 characters or "
        "more.",
    )

    @field_validator("web_password")
    @classmethod
    def _long_enough(cls, password: SecretStr | None) -> SecretStr | None:
        if password is not None and len(password.get_secret_value()) < SHORTEST_PASSWORD:
            raise ValueError(f"{SHORTEST_PASSWORD} characters or more are needed")
        return password

    @field_validator("server_hosts", "server_origins", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("server_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"[\w.-]+|[0-9A-Fa-f:.]+", host):
                raise ValueError(f"{host[:100]!r} is not a host name; expected one like agent.example.com")
        return tuple(host.lower() for host in value)

    @field_validator("server_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            whole = f"{parts.scheme}://{parts.netloc}"
            if (
                parts.scheme not in ("http", "https")
                or not parts.hostname
                or "*" in origin
                or whole != origin
            ):
                raise ValueError(
                    f"{origin[:100]!r} is not an origin; expected one like http://localhost:3000"
                )
        return tuple(origin.lower() for origin in value)

    @field_validator("server_tokens")
    @classmethod
    def _check_tokens(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _people(value)
        return value

    @property
    def people_with_tokens(self) -> dict[str, SecretStr]:
        """The token of each person, by name; empty when no token is set."""
        return _people(self.server_tokens) if self.server_tokens is not None else {}


def _people(text: SecretStr) -> dict[str, SecretStr]:
    people: dict[str, SecretStr] = {}
    for number, entry in enumerate(text.get_secret_value().replace(",", " ").split(), 1):
        name, colon, token = entry.partition(":")
        if not colon or not _PERSON.fullmatch(name) or name == "local":
            raise ValueError(
                f"entry {number} is not name:token, with a name of letters and digits other than 'local'"
            )
        if len(token) < SHORTEST_TOKEN or not token.isascii():
            raise ValueError(f"the token of {name} needs {SHORTEST_TOKEN} ASCII characters or more")
        if name in people or token in [known.get_secret_value() for known in people.values()]:
            raise ValueError(f"entry {number} repeats a name or a token")
        people[name] = SecretStr(token)
    return people
