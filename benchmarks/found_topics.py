"""Topics found in labelled records whose labels are hidden: ``python -m benchmarks.found_topics``.

The data are by others; labels are only compared with. How many groups there are is chosen as `topics discover` does.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.index.index_entries import indexed_text
from finetune_coverage.tools.topics.clusters import cluster
from finetune_coverage.tools.topics.features import TopicFeatures, joined
from finetune_coverage.tools.topics.text import judged_text
from sklearn.metrics import adjusted_rand_score, v_measure_score

from .cached_embeddings import embedded
from .table import markdown_table
from .topics import DATA


class Labelled(NamedTuple):
    """A file of labelled records, of which at most so many are drawn."""

    name: str
    file: str
    language: str = "English"
    most: int | None = None


FILES = (
    Labelled("STAR", "support/star_support.jsonl", most=300),
    Labelled("STAR, more of it", "support/star_support.jsonl", most=1_200),
    Labelled("Banking77", "intents/banking77_train.jsonl", most=1_500),
    Labelled("API-Bank", "tools/apibank_lv1_lv2.jsonl"),
    Labelled("FunctionChat, Korean", "languages/functionchat_singlecall_ko.jsonl", "Korean"),
    Labelled("CrossWOZ, Chinese", "languages/crosswoz_zh_250.jsonl", "Chinese"),
)


def row_of(one: Labelled) -> list[str]:
    """The figures of one file."""
    lines = (DATA / one.file).read_text(encoding="utf-8").splitlines()
    records = [Record(str(number), line, None) for number, line in enumerate(lines)]
    labels = [record.source.get("topic") or (record.source.get("topics") or [None])[0] for record in records]
    order = np.random.default_rng(1).permutation([row for row, label in enumerate(labels) if label])[
        : one.most
    ]
    drawn = [records[row] for row in order]
    texts = [judged_text(record) for record in drawn]
    vectors = embedded([indexed_text(record) for record in drawn], one.language)
    _, words = TopicFeatures.learnt_from(texts)
    groups, _ = cluster(joined(vectors, words))
    truth, sizes = [labels[row] for row in order], Counter(groups.tolist())
    return [
        one.name,
        f"{len(drawn):,}",
        str(len(set(truth))),
        str(len(sizes)),
        f"{adjusted_rand_score(truth, groups):.2f}",
        f"{v_measure_score(truth, groups):.2f}",
        str(min(sizes.values())),
    ]


if __name__ == "__main__":
    head = ["records of", "number", "topics", "found", "adjusted Rand index", "V-measure", "smallest group"]
    print(markdown_table(head, [row_of(one) for one in FILES]))
