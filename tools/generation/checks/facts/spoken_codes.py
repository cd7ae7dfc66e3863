"""Codes of things that people call by their names: "US dollars" is USD, "in French" is fr."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import groupby

_LISTED = """
USD dollar dollars bucks
EUR euro euros
GBP pound pounds sterling
JPY yen
CNY yuan renminbi
INR rupee rupees
CHF franc francs
CAD canadian
AUD australian
MXN peso pesos
KRW won
BRL real reais
RUB ruble rubles rouble roubles
SEK krona kronor
en english
es spanish
fr french
de german
it italian
pt portuguese
nl dutch
ru russian
zh chinese mandarin
ja japanese
ko korean
ar arabic
hi hindi
tr turkish
pl polish
kg kilogram kilograms kilo kilos
lb pound pounds
km kilometer kilometers kilometre kilometres
mi mile miles
"""
_NAMES = {code.lower(): frozenset(names) for code, *names in map(str.split, _LISTED.strip().split("\n"))}
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee"}
_CAPITALS = re.compile(r"[A-Z]{3,5}")
LEAST_LETTERS = 5
"""Letters of a word that capitals stand for: shorter ones have them by accident."""
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))


def names_of_signs(text: str) -> set[str]:
    """The names of the currency signs that a text has."""
    return {_SIGNS[sign] for sign in _SIGN.findall(text)}


def is_code_of(code: str, words: Collection[str]) -> bool:
    """Whether a code stands for one of the words, lower case.

    Capitals also stand for a word that has its letters in their order: MSFT for Microsoft.
    """
    if not _NAMES.get(code.lower(), frozenset()).isdisjoint(words):
        return True
    if not _CAPITALS.fullmatch(code):
        return False
    letters = "".join(letter for letter, _ in groupby(code.lower()))  # AAPL
    return any(
        len(word) >= LEAST_LETTERS and word[0] == letters[0] and _has_in_order(word, letters)
        for word in words
    )


def _has_in_order(word: str, letters: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in letters)
