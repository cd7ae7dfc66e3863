"""The export formats by name: how each makes its rows, and what its files are called."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InvalidInput
from . import (
    alpaca,
    axolotl,
    bedrock,
    cohere,
    gemini,
    llamafactory,
    mistral,
    openai_upload,
    sharegpt,
    together,
    trl,
)
from .converted import Converted

TRAIN, VALIDATION = "train", "validation"

Convert = Callable[[dict[str, Any], str | None], Converted]


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        name: what a person calls it.
        convert: makes a row of a record and its topic; ``None`` when the record's own text is written.
        may_be_list: a file called ``.json`` holds one JSON list instead of an object per line.
        is_folder: the target is a folder.
        begins_with: bytes that the file begins with, such as a byte-order mark.
        endings: how the file's name has to end, where the trainer goes by that; empty where any will do.
        about: what it is, in a few words.
    """

    name: str
    convert: Convert | None = None
    may_be_list: bool = False
    is_folder: bool = False
    begins_with: bytes = b""
    endings: tuple[str, ...] = ()
    about: str = ""


OPENAI = ExportFormat("openai", about="the records as they came, with all their fields")
FORMATS = {
    form.name: form
    for form in (
        OPENAI,
        ExportFormat(
            "openai-upload", openai_upload.convert, about="only the fields that OpenAI documents, to upload"
        ),
        ExportFormat("sharegpt", sharegpt.convert, may_be_list=True, about="turns from human and gpt"),
        ExportFormat("alpaca", alpaca.convert, may_be_list=True, about="instruction, input, output, history"),
        ExportFormat("huggingface", is_folder=True, about="a folder with Parquet files and a dataset card"),
        ExportFormat("trl", trl.convert, about="for TRL, with a script that trains"),
        ExportFormat("axolotl", axolotl.convert, about="for Axolotl, with its configuration"),
        # Its loader (llamafactory/data/loader.py) takes the kind of a file from its ending, and stops at others.
        ExportFormat(
            "llamafactory",
            llamafactory.convert,
            endings=(".jsonl", ".json"),
            about="for LLaMA-Factory, with its dataset_info.json",
        ),
        # Azure's documentation asks for a byte-order mark:
        # https://learn.microsoft.com/azure/ai-services/openai/how-to/fine-tuning
        ExportFormat(
            "azure",
            openai_upload.convert,
            begins_with=codecs.BOM_UTF8,
            about="openai-upload with the byte-order mark that Azure asks for",
        ),
        ExportFormat("together", together.convert, about="OpenAI chat as Together AI takes it"),
        ExportFormat("mistral", mistral.convert, about="OpenAI chat as Mistral takes it"),
        ExportFormat("bedrock", bedrock.convert, about="the Converse API, for Amazon Bedrock"),
        ExportFormat("gemini", gemini.convert, about="contents with parts, for Gemini and Vertex AI"),
        ExportFormat("cohere", cohere.convert, about="messages of System, User and Chatbot, for Cohere"),
    )
}


def format_named(name: str) -> ExportFormat:
    """The format of this name; raises `InvalidInput`."""
    if name not in FORMATS:
        raise InvalidInput(f"{name!r} is no export format.", hint=f"Use one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def data_files(form: ExportFormat, target: Path, *, split: bool) -> dict[str, Path]:
    """Where the records go: one file, or one for each half."""
    halves = (TRAIN, VALIDATION) if split else (TRAIN,)
    if form.is_folder:
        return {half: target / "data" / f"{half}.parquet" for half in halves}
    if not split:
        return {TRAIN: target}
    return {half: target.with_name(f"{target.stem}.{half}{target.suffix}") for half in halves}


def beside(target: Path, ending: str) -> Path:
    """A file beside the target, called like it: ``data.jsonl`` and ``data.trl.py``."""
    return target.with_name(f"{target.stem}.{ending}")
