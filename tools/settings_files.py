"""Where settings come from, and that a key stays with the endpoint that it was set for.

Three places, the first one that has a value wins: the environment, a file that the person names, the ``.env`` of the
data folder. A ``.env`` where the program happens to be started is never read: that folder may be a dataset of somebody
else's, whose OPENAI_BASE_URL would be sent the key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

from .errors import InvalidInput

ENV_FILE = "FINETUNE_COVERAGE_ENV_FILE"
"""In the environment: the path of a file with settings. `--env-file` sets it for one command."""
IN_DATA_FOLDER = ".env"


class PlainFile(DotEnvSettingsSource):
    """A ``.env`` as it is written: ``${NAME}`` in it is no reference.

    Otherwise a file could name the environment's key as its own, or put it into an address.
    """

    @staticmethod
    def _static_read_env_file(
        file_path: Path,
        *,
        encoding: str | None = None,
        case_sensitive: bool = False,
        ignore_empty: bool = False,
        parse_none_str: str | None = None,
    ) -> Mapping[str, str | None]:
        values = dotenv_values(file_path, encoding=encoding or "utf-8", interpolate=False)
        # As our settings read the environment: small and capital letters are alike, empty is not set.
        return {name.lower(): value for name, value in values.items() if value}


def named_file() -> Path | None:
    """The file with settings that the person named, if they named one.

    Raises:
        InvalidInput: there is no such file.
    """
    name = os.environ.get(ENV_FILE, "").strip()
    if not name:
        return None
    path = Path(name).expanduser().absolute()
    if not path.is_file():
        raise InvalidInput(
            f"There is no file {path} with settings.", hint=f"Correct --env-file or {ENV_FILE}."
        )
    return path


def require_keys_beside_endpoints(settings_class: type[BaseSettings], files: Mapping[str, Path]) -> None:
    """Refuse a key from one place that would go to an endpoint from another.

    Args:
        settings_class: knows how names are read.
        files: with settings, in words for a person, those that win first; the environment wins before them.

    Raises:
        InvalidInput: whoever set the endpoint may not be who set the key.
    """
    places: dict[str, Mapping[str, str | None]] = {
        "the environment": EnvSettingsSource(settings_class).env_vars
    }
    places |= {words: PlainFile(settings_class, env_file=path).env_vars for words, path in files.items()}

    def place_of(name: str) -> str | None:
        return next((words for words, values in places.items() if values.get(name.lower())), None)

    for key, urls in _ENDPOINTS_OF.items():
        url = next((name for name in urls if place_of(name)), urls[-1])
        of_key, of_url = place_of(key), place_of(url)
        if of_key and of_url and of_key != of_url:
            raise InvalidInput(
                f"{key} is set in {of_key}, and {url} in {of_url}. A key is sent only to an endpoint that was set in "
                "the same place, so nothing was sent.",
                hint="Set both in one place, or remove the one that you do not mean.",
            )


_VERIFIERS = ("FINETUNE_COVERAGE_VERIFIER_API_KEY", "FINETUNE_COVERAGE_VERIFIER_BASE_URL")
_ENDPOINTS_OF = {"OPENAI_API_KEY": ("OPENAI_BASE_URL",), _VERIFIERS[0]: (_VERIFIERS[1], "OPENAI_BASE_URL")}
"""Of each key, the addresses that it may be sent to: the first that is set."""
