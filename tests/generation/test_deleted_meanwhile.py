"""A dataset that goes while records are written for it: said in words, not in SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.failure import unforeseen_words
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.tables import records
from finetune_coverage.tools.store.workflows import delete_workflow
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import WORKFLOW, approved, no_meaning, services_for, texts

__all__ = ["no_meaning"]


async def test_a_dataset_that_is_deleted_during_a_job(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    services, good = services_for(mock_openai, tmp_path / "home", max_concurrency=1), texts()
    item = approved(services, 5)

    def reply(body: dict[str, Any]) -> str:
        if len(mock_openai.chats()) == 2:
            delete_workflow(services.store, WORKFLOW)
        return good(body)

    mock_openai.reply = reply
    error = (await run_approved_item(services, *item))["error"]
    said = f"{error['message']} {error['hint']}"
    assert "deleted" in said, said
    assert "SQL" not in said and "INSERT" not in said and "Error" not in said


def test_what_a_store_refuses_is_said_without_the_statement(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db")
    with pytest.raises(IntegrityError) as caught, store.write() as connection:
        row = {"workflow_id": "gone", "id": "r", "body": b"{}", "origin": "real", "status": "active"}
        connection.execute(insert(records).values(**row))
    said = unforeseen_words(caught.value)
    assert "[SQL" not in said and said.startswith("the store ")
