"""The commonest short answers in other languages, read without a model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from finetune_coverage.benchmarks.utterances import OFFERS
from finetune_coverage.graph.offers.offer import Offer
from finetune_coverage.graph.reading.grammar.foreign_words import read_foreign
from finetune_coverage.graph.reading.grammar.sentence import read_reply

PLAN: Callable[[], Offer] = OFFERS["plan"]
READ = {
    "approve": ["Ja, bitte!", "sí, adelante", "oui, vas-y", "sim, pode gerar", "evet, başla", "да, начинай",
                "はい、お願いします", "好的,开始吧", "네, 진행해 주세요", "نعم، ابدأ", "हाँ, कर दो", "ja", "sí", "oui",
                "sim", "да", "はい", "好的", "네", "نعم", "हाँ", "evet", "ναι", "tak", "kyllä", "igen"],
    "reject": ["nein danke", "no, gracias", "non merci", "não, obrigado", "hayır, istemiyorum", "нет, не надо",
               "いいえ、結構です", "不用,谢谢", "아니요 괜찮아요", "لا شكرا"],
    "stop": ["lieber morgen", "plus tard", "以后再说"],
    "confirm": ["mejor mañana", "talvez mais tarde", "明日にします"],
}  # fmt: skip
LEFT_OPEN = [
    "ja, aber erst wenn Anna zugestimmt hat",
    "sí, si no cuesta nada",
    "oui mais pas maintenant",
    "sim?",
    "ja, 20",
    "claro que no",
    "不好",
    "да нет, наверное",
    "nein, mach lieber billing",
    "ja ja, immer dasselbe",
]


@pytest.mark.parametrize(("kind", "said"), [(kind, said) for kind in READ for said in READ[kind]])
def test_it_is_read(kind: str, said: str) -> None:
    reply = read_reply(said, PLAN())
    assert (reply.kind, reply.is_open) == (kind, False)
    assert kind != "confirm" or reply.means == "stop"


@pytest.mark.parametrize("said", LEFT_OPEN)
def test_what_holds_more_is_left_to_the_model(said: str) -> None:
    assert read_foreign(said) is None
    assert read_reply(said, PLAN()).kind not in ("approve", "resume", "proceed")


def test_a_yes_means_what_is_asked() -> None:
    said = "ja, bitte"
    assert read_reply(said, OFFERS["done"]()).kind == "proceed"
    assert read_reply(said, OFFERS["resume"]()).kind == "resume"
    assert read_reply(said, OFFERS["declined"]()).kind == "unclear", (
        "there is nothing that it could be a yes to"
    )
