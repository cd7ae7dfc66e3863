"""Files of datasets on the Hugging Face hub, named as in ``hf://datasets/USER/NAME/train.jsonl``.

Form of the paths: https://huggingface.co/docs/huggingface_hub/guides/hf_file_system#integrations; where the hub is, its
token and its cache are the settings of ``huggingface_hub`` (HF_ENDPOINT, HF_TOKEN, HF_HOME).
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..errors import InvalidInput
from .formats.containers.file_names import is_dataset_name

HUB = "hf://"
_PATH = re.compile(r"hf:/{1,2}datasets/([^/@]+/[^/@]+)(?:@([^/]+))?(?:/(.*))?")
_NAMED = 8
_SECONDS = 30
"""How long the hub may take to say which files there are."""


def hub_files(text: str) -> list[tuple[str, Path]]:
    """Download the files that a path of the hub names: one file, those of a folder, or those of a pattern.

    Returns:
        Their names, as paths of the hub, and where they are on this machine.

    Raises:
        InvalidInput: the path is none, huggingface_hub is not installed, or the hub cannot be reached or has no
            such file.
    """
    found = _PATH.fullmatch(text)
    if found is None:
        raise InvalidInput(
            f"{text} is no path of the Hugging Face hub.",
            hint="Write it as hf://datasets/USER/NAME or hf://datasets/USER/NAME/FILE.",
        )
    repository, revision, path = found[1], found[2] and unquote(found[2]), (found[3] or "").strip("/")
    hub = _library()
    endpoint = os.environ.get("HF_ENDPOINT") or None
    try:
        found_there = hub.HfApi(endpoint=endpoint).dataset_info(
            repository, revision=revision, timeout=_SECONDS
        )
        there = [file.rfilename for file in found_there.siblings or ()]
        wanted = _wanted(there, path)
        files = [
            hub.hf_hub_download(repository, name, repo_type="dataset", revision=revision, endpoint=endpoint)
            for name in wanted
        ]
    except Exception as error:  # of its HTTP library too, which differs by its version
        raise InvalidInput(
            f"{text} cannot be had from the Hugging Face hub: {_in_one_line(error)}",
            hint="Check the name and the network; a dataset that is not public needs HF_TOKEN. Or download its files, "
            "and name them.",
        ) from error
    if not wanted:
        listed = ", ".join(there[:_NAMED]) + (", …" if len(there) > _NAMED else "")
        raise InvalidInput(f"{text} names no dataset.", hint=f"There are: {listed or 'no files'}.")
    at = f"@{found[2]}" if revision else ""
    names = [f"{HUB}datasets/{repository}{at}/{name}" for name in wanted]
    return list(zip(names, map(Path, files), strict=True))


def _wanted(there: list[str], path: str) -> list[str]:
    if path in there:
        return [path]
    if any(sign in path for sign in "*?["):
        return [name for name in there if fnmatch(name, path)]
    return [name for name in there if name.startswith(f"{path}/" if path else "") and is_dataset_name(name)]


def _library() -> Any:
    try:
        hub: Any = import_module("huggingface_hub")
        hub_utils: Any = import_module("huggingface_hub.utils")
    except ImportError as error:
        raise InvalidInput(
            "Paths of the Hugging Face hub are read with huggingface_hub, which is not installed.",
            hint="Install it with: pip install 'finetune-coverage[files]'",
        ) from error
    hub_utils.disable_progress_bars()
    return hub


def _in_one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).removesuffix(".") + "."
