"""How close a sentence is to what can be wanted: a second opinion where what it names does not fit what was read."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...tools.models.endpoint_errors import EmbeddedModelUnavailable
from ...tools.models.multilingual import MultilingualEmbeddings
from ..actions.questions import OUTSIDE
from ..wording.help import HELP
from .named import Named
from .wishes import WISHES, Wish

_log = logging.getLogger(__name__)

_FITS, _LACKS, _READ = 0.1, 0.3, 0.4
"""For each thing named that a wish takes, or does not; where all that it needs is missing; for what the model read.
Beside cosines of sentences, which lie between 0.1 and 0.6 here."""
_MOST_SAID = 2
_HERE = "asks what can be said and done here"
_ELSEWHERE = "asks how to export, save or import a file, to use another model, or to set its price"


def fits(wish: Wish, named: Named) -> bool:
    """Whether a wish has what it needs, and takes all that is named."""
    return not _lacks(wish, named) and takes_all(wish, named)


def takes_all(wish: Wish, named: Named) -> bool:
    """Whether all that is named can be named with a wish."""
    return all(kinds & wish.takes for kinds in named.parts)


def closest(read: str, said: Sequence[str], named: Named) -> list[str]:
    """The names of the wishes that a sentence may mean, the likeliest first.

    What has a consequence is among them only where the model itself read it, and a question only where it read one: it
    hardly ever mistakes that something is asked.

    Args:
        read: the wish that the model read.
        said: the sentence, and the same in English.
        named: what it names.
    """
    near = _near(said)
    points = {
        name: near.get(name, 0.0) + _fit(wish, named) + (_READ if name == read else 0.0)
        for name, wish in WISHES.items()
        if name == read or (wish.say and (_is_question(read) or not _is_question(name)))
    }
    points.pop("other", None)
    return sorted(points, key=lambda name: -points[name])


def may_be(name: str, read: str, named: Named) -> bool:
    """Whether a wish can be carried out though what is named does not fit what the model read.

    Args:
        name: the closest one.
        read: the wish that the model read.
        named: what the sentence names.
    """
    wish = WISHES[name]
    if read not in WISHES or read == "other" or _lacks(wish, named):
        return False
    # Another one than the model read must not change anything by itself; a no beside something named is none.
    return wish.is_safe if name != read else name != "no"


def closest_in_words(names: Sequence[str]) -> str:
    """The likeliest as a person would say them so that they are read rightly; no question, which a yes could answer."""
    said = [f"“{WISHES[name].say}”" for name in dict.fromkeys(names) if WISHES[name].say][:_MOST_SAID]
    return f"Closest to it are {' and '.join(said)}: say it like that, or answer with a number."


def means_for(said: Sequence[str]) -> str:
    """What can be said here, or the commands for what is done elsewhere, whichever the question is closer to."""
    try:
        model = MultilingualEmbeddings()
        here, elsewhere = np.asarray(model.embed_documents([_HERE, _ELSEWHERE])) @ _mean_vector(said)
    except EmbeddedModelUnavailable:
        return HELP
    return OUTSIDE if elsewhere > here else HELP


def _fit(wish: Wish, named: Named) -> float:
    taken = sum(1 if kinds & wish.takes else -1 for kinds in named.parts)
    return _FITS * taken - (_LACKS if _lacks(wish, named) else 0.0)


def _lacks(wish: Wish, named: Named) -> bool:
    return bool(wish.needs) and not any(kinds & wish.needs for kinds in named.parts)


def _near(said: Sequence[str]) -> Mapping[str, float]:
    """The mean cosine with each meaning; nothing where the embedding model is not installed."""
    try:
        return dict(zip(WISHES, (_meanings() @ _mean_vector(said)).tolist(), strict=True))
    except EmbeddedModelUnavailable as error:
        _log.info("readings are not weighed: %s", error)
        return {}


def _is_question(name: str) -> bool:
    return name.startswith("ask_") or name == "other"


def _mean_vector(texts: Sequence[str]) -> NDArray[np.float64]:
    vectors: NDArray[np.float64] = np.asarray(MultilingualEmbeddings().embed_documents(list(texts)))
    return np.asarray(vectors.mean(axis=0))


@lru_cache(maxsize=1)
def _meanings() -> NDArray[np.float64]:
    return np.asarray(MultilingualEmbeddings().embed_documents([wish.meaning for wish in WISHES.values()]))
