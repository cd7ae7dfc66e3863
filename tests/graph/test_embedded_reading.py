"""The embedded model itself reads sentences in several languages; most of them rightly, and none as a yes."""

from __future__ import annotations

from pathlib import Path

import pytest
from finetune_coverage.graph.actions import catalog
from finetune_coverage.graph.actions.asked_tools import Asked
from finetune_coverage.graph.offers.reply import CONSEQUENCES, AskBack, Deed, Told, Unclear
from finetune_coverage.graph.reading.by_small_model import read_in_one_step
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

from .offers import after_analysis

SAID: dict[str, tuple[type[Deed], ...]] = {
    "nein danke, lieber nicht": (Unclear,),
    "¿por qué hay tan pocos en technical issues?": (Told,),
    "好的,开始吧,谢谢你": (AskBack,),
    "quiero 15 para billing questions": (catalog.ProposePlan,),
    "max 8000 tokens": (catalog.ProposePlan,),
    "how long will that take": (Told,),
    "zeig mir ein paar echte von account management": (catalog.ShowRecords,),
    "take back what you made": (catalog.UndoRound,),
    "それは何をするの?": (Told,),
    "double the share of billing": (catalog.SetTargets,),
}


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.timeout(900)
async def test_it_reads_most_of_them(tmp_path: Path, dataset: object) -> None:
    services = Services(Settings(home=tmp_path / "home", model="embedded"))
    assert callable(dataset)
    import_files(services.store, "wf-1", [dataset()])
    wrong = {}
    for said, deeds in SAID.items():
        deed = await read_in_one_step(said, Asked(services, after_analysis()), wait=600)
        assert not isinstance(deed, CONSEQUENCES)
        if not isinstance(deed, deeds):
            wrong[said] = deed
    services.store.close()
    assert len(wrong) <= 4, wrong
