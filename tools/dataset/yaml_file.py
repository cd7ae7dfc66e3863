"""Reading a YAML or JSON file that a person wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import InvalidInput


def load_yaml(file: Path, hint: str) -> Any:
    """The document in a file.

    Args:
        file: its path.
        hint: how such a file is written, for whoever has to mend it.

    Raises:
        InvalidInput: the file cannot be read, or is neither YAML nor JSON.
    """
    try:
        # JSON is read by the YAML parser too, but for tabs, which it refuses as indentation.
        return yaml.safe_load(file.read_text(encoding="utf-8-sig").replace("\t", "  "))
    except OSError as error:
        raise InvalidInput(
            f"{file} cannot be read: {error.strerror or error}.", hint="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8.", hint="Save it as UTF-8.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise InvalidInput(f"{file} is neither YAML nor JSON{place}.", hint=hint) from error
