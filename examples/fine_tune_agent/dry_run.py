"""A dry run that takes a second and no model: can the topics be told apart by what users write?

It stands where a real agent would train on a part of the data and grade the answers. Its verdict has the same shape:
for each topic the share of held-out records that pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

FOLDS = 3


def told_apart(texts: Sequence[str], topics: Sequence[str]) -> dict[str, float]:
    """For each topic the share of its records that a classifier fitted on the others recognises.

    Args:
        texts: what the users write, one text a record.
        topics: the topic of each record.

    Returns:
        0 to 1 for each topic; 0 for one with fewer records than there are folds, since nothing can be held out.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    sizes = Counter(topics)
    rates = dict.fromkeys(sizes, 0.0)
    kept = [(text, topic) for text, topic in zip(texts, topics, strict=True) if sizes[topic] >= FOLDS]
    if len({topic for _, topic in kept}) < 2:
        return rates
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(model, [text for text, _ in kept], [topic for _, topic in kept], cv=folds)
    right = Counter(topic for (_, topic), guess in zip(kept, guessed, strict=True) if guess == topic)
    return {topic: right[topic] / size if size >= FOLDS else 0.0 for topic, size in sizes.items()}
