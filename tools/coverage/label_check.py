"""Which labels contradict the text: a classifier's second opinion on the topics of the real records.

The method is confident learning (Northcutt et al. 2021, arXiv:1911.00068): every record is judged by a model
that was fitted without it, and suspected when the model is nearly as sure of another topic as it usually is
of that topic's own records, and finds the given one much less likely. It is meant to be quiet: a suspicion
asks for a person's time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from ..dataset.labelled_sample import choice_key
from ..topics.text import judged_text
from .review_needs import ReviewNeed
from .text_classifier import topic_classifier, word_features
from .wording import name_some, plural

if TYPE_CHECKING:
    from ..dataset.record import Record

FEWEST_RECORDS: Final = 5
"""Topics with fewer records are not judged: one for each part of the cross-validation."""
MOST_RECORDS: Final = 20_000
MOST_OF_A_TOPIC: Final = 2_000
"""Records of a topic that are read; of few topics fewer than 20,000 are judged then."""
MOST_TOPICS: Final = 100
"""Topics that are judged beside each other. Of more, it is those with the fewest records: where records are made
for them, each wrong label among the few is repeated most often."""
_EFFORT: Final = 200_000  # records × topics; about ten seconds on a slow core
_LEAST_SAMPLE: Final = 20  # per topic; 100 topics of 20 records are the whole effort
_AS_SURE: Final = 0.9  # of the usual confidence in the other topic
_MUCH_LIKELIER: Final = 3.0  # than the given topic

# What was found, by the digest of what was judged. Each plan of a conversation asks anew, while only synthetic
# records come in, which are not judged.
_MOST_FOUND: Final = 16
_found: dict[bytes, list[tuple[int, str]]] = {}


def suspicious_labels(records: Iterable[Record]) -> list[ReviewNeed]:
    """The topics with records that read as if they belonged elsewhere.

    Only real records with a topic are read. Beyond what `judged_parts` names a fixed sample stands for all of
    them, so that the same dataset always gives the same answer.

    Args:
        records: the dataset in any order.

    Returns:
        One need per topic with suspected records, naming them, most suspected first; and one for the whole
        dataset, without record ids, where there is too little data to judge, or more topics than are judged.
    """
    samples = by_topic(records)
    counts = {topic: len(found) for topic, found in samples.items()}
    return suspicious_in_sample(samples, counts)


def judged_parts(counts: Mapping[str, int]) -> dict[str, int]:
    """How many records of each topic are judged, so that it takes seconds however large the dataset is.

    Args:
        counts: real records of each topic.
    """
    enough = {
        topic: min(count, MOST_OF_A_TOPIC) for topic, count in counts.items() if count >= FEWEST_RECORDS
    }
    topics = sorted(enough, key=lambda topic: (counts[topic], topic))[:MOST_TOPICS]
    if not topics:
        return {}
    most = min(MOST_RECORDS, _EFFORT // len(topics))
    part = min(1.0, most / sum(enough[topic] for topic in topics))
    return {topic: min(enough[topic], max(_LEAST_SAMPLE, int(part * enough[topic]))) for topic in topics}


class Stopped(Exception):
    """Nobody waits for the answer any more."""


def suspicious_in_sample(
    samples: Mapping[str, Sequence[Record]],
    counts: Mapping[str, int],
    stop: Event | None = None,
    *,
    confirmed: Collection[str] = (),
) -> list[ReviewNeed]:
    """`suspicious_labels` of a dataset of which only a sample was read.

    Args:
        samples: real records by topic, the first of them as many as `judged_parts` names.
        counts: real records of each topic in the whole dataset.
        stop: ends it early.
        confirmed: ids of records whose labels a person has confirmed; they are learnt from and not doubted.

    Raises:
        Stopped: it was ended.
    """
    small = {topic: count for topic, count in counts.items() if count < FEWEST_RECORDS}
    parts = judged_parts(counts)
    kept = {topic: samples[topic][:part] for topic, part in parts.items() if topic in samples}
    topics = sorted(topic for topic, found in kept.items() if len(found) >= FEWEST_RECORDS)
    if not counts:
        return []
    if len(topics) < 2:
        return [_too_little(f"fewer than two topics have {FEWEST_RECORDS} records with text")]
    labels = [topic for topic in topics for _ in kept[topic]]
    judged = [record for topic in topics for record in kept[topic]]
    suspects = _judge_once([judged_text(record) for record in judged], labels, stop)
    found: dict[str, list[tuple[str, str]]] = {}
    for index, other in suspects:
        if judged[index].id in confirmed:
            continue
        found.setdefault(labels[index], []).append((judged[index].id, other))
    needs = [_need(topic, pairs, len(kept[topic])) for topic, pairs in found.items()]
    needs.sort(key=lambda need: -len(need.record_ids))
    if len(counts) - len(small) > MOST_TOPICS:
        needs.append(_only_the_smallest(len(topics), len(counts)))
    if small:
        needs.append(_too_little(f"{plural(len(small), 'topic')} under 5 records: {name_some(small)}"))
    return needs


def by_topic(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The real records with text of each topic, in an order as if by chance."""
    found: dict[str, list[Record]] = {}
    for record in records:
        if record.topic is not None and record.origin == "real" and judged_text(record).strip():
            found.setdefault(record.topic, []).append(record)
    return {topic: sorted(those, key=lambda record: choice_key(record.id)) for topic, those in found.items()}


def _judge_once(texts: Sequence[str], labels: Sequence[str], stop: Event | None) -> Sequence[tuple[int, str]]:
    key = sha256(repr((texts, labels)).encode("utf-8", "surrogatepass")).digest()
    suspects = _found.get(key)
    if suspects is None:
        suspects = _judge(texts, labels, stop)
        if len(_found) >= _MOST_FOUND:
            _found.clear()
        _found[key] = suspects
    return suspects


def _judge(texts: Sequence[str], labels: Sequence[str], stop: Event | None) -> list[tuple[int, str]]:
    """Index and likelier topic of every suspected text."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    try:
        matrix = word_features().fit_transform(texts)
    except ValueError:  # scikit-learn's way of saying that there is not one word in all of it
        return []
    names, given = np.unique(np.asarray(labels), return_inverse=True)
    folds = StratifiedKFold(FEWEST_RECORDS, shuffle=True, random_state=0)
    chances: Any = np.zeros((len(given), len(names)))
    for learnt, judged in folds.split(matrix, given):
        if stop is not None and stop.is_set():
            raise Stopped
        # Each part has records of every topic, so the columns are the same.
        chances[judged] = topic_classifier().fit(matrix[learnt], given[learnt]).predict_proba(matrix[judged])
    rows = np.arange(len(given))
    own = chances[rows, given]
    usual = np.array([own[given == topic].mean() for topic in range(len(names))])
    likeliest = chances.argmax(axis=1)
    best = chances[rows, likeliest]
    suspected = (likeliest != given) & (best >= _AS_SURE * usual[likeliest]) & (best >= _MUCH_LIKELIER * own)
    return [(int(index), str(names[likeliest[index]])) for index in np.flatnonzero(suspected)]


def _need(topic: str, pairs: Sequence[tuple[str, str]], judged: int) -> ReviewNeed:
    others = Counter(other for _, other in pairs)
    return ReviewNeed(
        topic=topic,
        reason=f"{len(pairs)} of {plural(judged, 'record')} checked read like another topic: "
        f"{name_some(dict(others.most_common()))}.",
        record_ids=[record_id for record_id, _ in pairs],
        likelier=[other for _, other in pairs],
    )


def _only_the_smallest(judged: int, topics: int) -> ReviewNeed:
    return ReviewNeed(
        topic=None,
        reason=f"Labels were looked at in {judged:,} of {topics:,} topics, those with the fewest records.",
    )


def _too_little(why: str) -> ReviewNeed:
    return ReviewNeed(topic=None, reason=f"Too little data to judge labels: {why}.")
