"""Texts as sets of hashed words and word pairs, of characters where there are no spaces, for comparing the wording."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...text.unspaced import ALPHABETS, UNSPACED

# Without spaces between words each character counts as one, and several of them make a word.
_WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
_LETTER, _CHARACTER = re.compile(f"[{ALPHABETS}]"), re.compile(f"[{UNSPACED}]")
_SPACED = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: Knuth's multiplicative hashing


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return _WORD.findall(text.lower())


def characters_per_word(words: list[str]) -> int:
    """How many of a text's `words_of` make a word of English, about: 2 in Chinese and Japanese, 5 in Thai, else 1."""
    if 2 * sum(len(word) == 1 for word in words) < len(words):
        return 1
    letters = sum(_LETTER.fullmatch(word) is not None for word in words)
    characters = sum(_CHARACTER.fullmatch(word) is not None for word in words)
    return 1 if 2 * characters < len(words) else 5 if 2 * letters > characters else 2


def word_count(text: str) -> int:
    """How many words a text has as people count them: "don't" is one, and so is each character without spaces."""
    return sum(any(map(str.isalnum, word)) for word in _SPACED.findall(text))


def word_hashes(words: list[str]) -> NDArray[np.uint64]:
    """One number per word, the same in every process."""
    return np.array([zlib.crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64)


def chained(hashes: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """One 64-bit number for each run of ``length`` neighbouring words; the order of the words counts."""
    runs = len(hashes) - length + 1
    total = np.zeros(max(0, runs), dtype=np.uint64)
    for offset in range(length if runs > 0 else 0):
        total = mixed(total + hashes[offset : offset + runs])
    return total


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers with their bits spread, so that any 32 of them make a good hash."""
    numbers = numbers * _PRIME
    return np.asarray(numbers ^ (numbers >> np.uint64(32)))


def shingles_of(words: list[str]) -> NDArray[Any]:
    """The sorted 32-bit hashes of the different words and word pairs, shape (n,).

    Of scripts without spaces between words, characters and pairs of them; of those that are alphabets, in which all
    texts have the same letters, pairs and threes.
    """
    hashes, shorter = word_hashes(words), 2 if characters_per_word(words) > 2 else 1
    both = np.concatenate([chained(hashes, shorter), chained(hashes, shorter + 1)])
    return np.unique((both >> np.uint64(32)).astype(np.uint32))


def shingles_of_each(texts: Sequence[str]) -> list[NDArray[Any]]:
    """`shingles_of` the words of each text; several times as fast where there are many, as most are spaced by words."""
    words = [words_of(text) for text in texts]
    # Only scripts without spaces have other shingles, and ASCII is none.
    spaced = [
        number
        for number, text in enumerate(texts)
        if text.isascii() or characters_per_word(words[number]) <= 2
    ]
    sizes = np.array([len(words[number]) for number in spaced], dtype=np.int64)
    hashes = word_hashes([word for number in spaced for word in words[number]])
    owners = np.repeat(np.arange(len(spaced), dtype=np.uint64), sizes) << np.uint64(32)
    alone = mixed(hashes)
    paired = mixed(alone[:-1] + hashes[1:])
    within = owners[:-1] == owners[1:]
    tagged = np.concatenate(
        [owners | alone >> np.uint64(32), owners[:-1][within] | paired[within] >> np.uint64(32)]
    )
    tagged.sort()
    tagged = tagged[np.concatenate([tagged[:1] == tagged[:1], tagged[1:] != tagged[:-1]])]
    ends = np.searchsorted(tagged, np.arange(1, len(spaced), dtype=np.uint64) << np.uint64(32))
    found = dict(zip(spaced, np.split(tagged.astype(np.uint32), ends), strict=False))
    return [found[number] if number in found else shingles_of(own) for number, own in enumerate(words)]
