"""Copies of real records with their words in another order, beside new real ones: what the vectors and the words tell.

``python -m benchmarks.reworded_copies`` cuts some topics down to a few known records. Of the others some are held out
as good new ones, and of the known ones copies are made as the honest teacher makes them. No model and no job is run: it
asks the two things that the check of duplicates by meaning goes by. Banking77 and STAR were looked at while the rule
was made, CLINC150 and the Korean and Chinese sets were not. The Korean one has four records a topic: three are known,
one is new, and all topics are cut. The data are by others.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter, defaultdict

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.checks.form.likeness import likeness_limit
from finetune_coverage.tools.generation.checks.form.said_again import SaidAgain, as_dense
from finetune_coverage.tools.generation.checks.form.semantic_duplicate import LEAST_NEAR
from numpy.typing import NDArray

from .cached_embeddings import embedded
from .honest_teacher import DATA, alike, reworded, users_text
from .table import markdown_table

DATASETS = {
    "Banking77": DATA / "intents" / "banking77_train.jsonl",
    "STAR": DATA / "support" / "star_support.jsonl",
    "CLINC150, first sight": DATA / "intents" / "clinc150_imbalanced_train.jsonl",
    "CrossWOZ, Chinese, first sight": DATA / "languages" / "crosswoz_zh_250.jsonl",
    "FunctionChat, Korean, first sight": DATA / "languages" / "functionchat_singlecall_ko.jsonl",
}
CUT, HELD, COPIES, MOST_OTHERS = 6, 40, 30, 60
FEW = "FunctionChat, Korean, first sight"
"""Has four records a topic: so many topics are cut, so many records held out, so many copies made of each."""
CUT_OF_FEW, HELD_OF_FEW, COPIES_OF_FEW = 25, 2, 3
KNOWN = {
    "Banking77": (20, 90),
    "STAR": (20,),
    "CLINC150, first sight": (20, 55),
    "CrossWOZ, Chinese, first sight": (10,),
    FEW: (3,),
}


class Vectors:
    """Embeddings of which each text is made once: the same records of other topics come with each topic."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._of: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: list[str]) -> NDArray[np.float32]:
        """One unit row for each text."""
        if new := [text for text in dict.fromkeys(texts) if text not in self._of]:
            self._of.update(zip(new, embedded(new, self._language), strict=True))
        return np.array([self._of[text] for text in texts])


def measured(name: str, known: int) -> list[str]:
    """The row of a dataset of which each cut topic keeps so many records."""
    path = DATASETS[name]
    language = next((one for one in ("Korean", "Chinese") if one in name), "English")
    cuts, most_held, copied = (CUT_OF_FEW, HELD_OF_FEW, COPIES_OF_FEW) if name == FEW else (CUT, HELD, COPIES)
    by_topic: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        source = json.loads(line)
        if source.get("topic") and users_text(source).strip():
            by_topic[source["topic"]].append(users_text(source))
    rng = random.Random(f"{path.name} copies")
    for texts in by_topic.values():
        rng.shuffle(texts)
    large = sorted(topic for topic, texts in by_topic.items() if len(texts) >= known + most_held // 2)
    cut = sorted(rng.sample(large, min(cuts, len(large))))
    there = [
        Record(f"{topic} {number}", json.dumps({"messages": [{"role": "user", "content": text}]}), topic)
        for topic, texts in by_topic.items()
        for number, text in enumerate(texts[: known if topic in cut else MOST_OTHERS])
    ]
    seen: Counter[str] = Counter()
    found: dict[str, Counter[str]] = {"likeness": Counter(), "words": Counter(), "either": Counter()}
    limits, vectors_of = [], Vectors(language)
    for topic in cut:
        texts, held = by_topic[topic][:known], by_topic[topic][known : known + most_held]
        vectors, probed = vectors_of(texts), as_dense(topic, there)
        own = [record for record in there if record.topic == topic]
        pool = vectors_of([record.written_text("user") for record in probed])
        said_again, most = SaidAgain(probed, pool, own, vectors), likeness_limit(vectors)
        if said_again.limit is None:
            continue
        limits.append(said_again.limit)
        words = [said_again.words(text) for text in texts]
        copies = [reworded(rng.choice(texts), rng, language) for _ in range(copied)]
        before = list(texts)
        for text, vector in zip([*held, *copies], vectors_of([*held, *copies]), strict=True):
            kind = "copy"
            if len(before) < len(texts) + len(held):
                kind = "near duplicate" if any(alike(text, other) for other in before) else "good"
                before.append(text)
            cosines = vectors @ vector
            near = int(cosines.argmax())
            part = said_again.part(said_again.words(text), words[near])
            by_likeness, by_words = (
                cosines[near] >= most,
                cosines[near] >= LEAST_NEAR and part >= said_again.limit,
            )
            seen[kind] += 1
            found["likeness"][kind] += bool(by_likeness)
            found["words"][kind] += bool(by_words)
            found["either"][kind] += bool(by_likeness or by_words)
    told = [
        f"{found[how][kind]} of {seen[kind]}"
        for kind in ("good", "copy", "near duplicate")
        for how in ("likeness", "words", "either")
    ]
    return [str(known), f"{min(limits):.2f}–{max(limits):.2f}", *told]


def main() -> None:
    """Print the table: refused of each kind by likeness of the vectors, by words said again, and by either."""
    rows = []
    for name in DATASETS:
        for known in KNOWN[name]:
            rows.append([name, *measured(name, known)])
            print(rows[-1], file=sys.stderr, flush=True)
    kinds = [
        f"{kind}: by {how}" for kind in ("good", "copy", "near duplicate") for how in ("likeness", "words")
    ]
    for at in (2, 5, 8):
        kinds.insert(at, f"{kinds[at - 1].partition(':')[0]}: by either")
    print(markdown_table(["dataset", "known", "limit", *kinds], rows))


if __name__ == "__main__":
    main()
