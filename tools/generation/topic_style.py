"""How the real records of a topic are written: length and number of turns, use of tools, how users begin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..dataset.record import Message, Record, message_text
from ..text.letters import letters_in
from .search.words import word_count

Opening = Literal["greeting", "question", "first person", "other"]
OPENINGS: tuple[Opening, ...] = ("first person", "question", "other", "greeting")
"""How a user may begin; each needs words of its own in a prompt."""

MOST_EXCHANGES = 4
"""Of a written conversation; longer real ones count as this long. Small models lose the thread beyond."""
_MEASURED = 500
"""Records that are looked at: enough for quantiles, and quick."""
_LEAST_LETTERS = 11
_GREETING = re.compile(
    r"\A\W*+(?:hi|hello|hey|hallo|dear|greetings|good (?:morning|day|afternoon|evening))\b", re.I
)
_QUESTION = re.compile(
    r"\A\W*+(?:who|what|when|where|why|which|how|can|could|may|do|does|did|is|are|was|will|would|should|has|have)\b",
    re.I,
)
_FIRST_PERSON = re.compile(r"\A\W*+(?:i|i'?m|i'?d|i'?ve|my|we|our|we'?re|we'?ve)\b", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True)
class TopicStyle:
    """Style of a topic's real records. Counts are sorted, so that quantiles can be read off.

    Attributes:
        user_words: words of each user turn that says something: a name, a yes or a thank-you are left out. Where
            there are no spaces between words, characters.
        reply_words: words of each spoken assistant turn, likewise.
        user_characters: characters of each user turn.
        reply_characters: characters of each spoken assistant turn.
        bytes_per_character: of the turns, in UTF-8: 1 for English, 3 for Chinese; tokens go by bytes.
        exchanges: user turns that are answered in words, of each record; at most `MOST_EXCHANGES`.
        tool_rate: share of records in which the assistant calls a tool, 0 to 1.
        openings: how many records begin which way.
    """

    user_words: Sequence[int]
    reply_words: Sequence[int]
    user_characters: Sequence[int]
    reply_characters: Sequence[int]
    exchanges: Sequence[int]
    tool_rate: float
    openings: dict[Opening, int]
    bytes_per_character: float = 1.0
    is_short: bool = False

    @classmethod
    def of(cls, records: Sequence[Record], *, is_short: bool = False) -> TopicStyle:
        """Measure records; without any, the style is that of short support conversations.

        Args:
            records: of the topic.
            is_short: whether what is written is kept short, since the model loses itself in long texts.
        """
        records = records[:_MEASURED]
        spoken = [_spoken(record) for record in records]
        users = [text for turns in spoken for role, text in turns if role == "user"]
        replies = [text for turns in spoken for role, text in turns if role == "assistant"]
        first = [turns[0][1] for turns in spoken if turns and turns[0][0] == "user"]
        return cls(
            user_words=sorted(word_count(text) for text in users if letters_in(text) >= _LEAST_LETTERS)
            or DEFAULT_STYLE.user_words,
            reply_words=_sorted(replies, word_count) or DEFAULT_STYLE.reply_words,
            user_characters=_sorted(users, len) or DEFAULT_STYLE.user_characters,
            reply_characters=_sorted(replies, len) or DEFAULT_STYLE.reply_characters,
            exchanges=sorted(map(_exchanges, spoken)) or DEFAULT_STYLE.exchanges,
            tool_rate=sum(record.uses_tools for record in records) / len(records) if records else 0.0,
            openings=dict(Counter(map(opening_of, first))) or DEFAULT_STYLE.openings,
            bytes_per_character=_bytes_per_character([*users, *replies]),
            is_short=is_short,
        )

    def words_of_user(self, share: float) -> int:
        """The number of words that this share (0 to 1) of the user turns does not exceed."""
        return _quantile(self.user_words, share)

    def characters_of_words(self, words: int) -> int:
        """Characters of a user's message of so many words, to the next ten."""
        each = sum(self.user_characters) / max(1, sum(self.user_words))
        return max(10, round(words * min(each, 12.0) / 10) * 10)

    def words_of_reply(self, share: float) -> int:
        """The number of words that this share (0 to 1) of the spoken assistant turns does not exceed, 5 at least."""
        return max(5, _quantile(self.reply_words, share))

    def exchanges_at(self, share: float) -> int:
        """The number of exchanges at this place (0 to 1) of their distribution."""
        return _quantile(self.exchanges, share)

    def opening_at(self, share: float) -> Opening:
        """The way to begin at this place (0 to 1) of their distribution."""
        kinds = [kind for kind in OPENINGS for _ in range(self.openings.get(kind, 0))]
        return kinds[min(len(kinds) - 1, int(share * len(kinds)))]

    @property
    def shortest_user(self) -> int:
        """Characters that a written user turn has at least; no more than the shortest real one."""
        return min(15, self.user_characters[0])

    @property
    def shortest_reply(self) -> int:
        """Characters that a written assistant turn has at least, likewise."""
        return min(20, self.reply_characters[0])

    @property
    def usual_user(self) -> int:
        """Characters that there is room for in a written user turn: half as long again as most real ones."""
        return self._usual(self.user_characters, 150, 800)

    @property
    def usual_reply(self) -> int:
        """Characters that there is room for in a written assistant turn, likewise."""
        return self._usual(self.reply_characters, 200, 1200)

    @property
    def longest_user(self) -> int:
        """Characters that a written user turn may have: what real ones have is not ruled out."""
        return self.usual_user if self.is_short else max(self.usual_user, self.user_characters[-1])

    @property
    def longest_reply(self) -> int:
        """Characters that a written assistant turn may have, likewise."""
        return self.usual_reply if self.is_short else max(self.usual_reply, self.reply_characters[-1])

    def _usual(self, lengths: Sequence[int], least: int, most_if_short: int) -> int:
        usual = int(1.5 * _quantile(lengths, 0.95))
        return max(least, min(most_if_short, usual) if self.is_short else usual)


DEFAULT_STYLE = TopicStyle(
    user_words=[8, 12, 16, 20, 25, 30, 40],
    reply_words=[15, 20, 25, 30, 40, 50, 60],
    user_characters=[280],
    reply_characters=[480],
    exchanges=[1, 1, 2],
    tool_rate=0.0,
    openings=dict.fromkeys(OPENINGS, 1),
)
"""The style of a topic without records: a question or two, answered in a few sentences."""


def opening_of(text: str) -> Opening:
    """How a text begins; what is not recognised (other languages, too) is "other"."""
    if _GREETING.match(text):
        return "greeting"
    if _FIRST_PERSON.match(text):
        return "first person"
    first_sentence = _SENTENCE_END.split(text.strip(), maxsplit=1)[0]
    if _QUESTION.match(text) or first_sentence.endswith("?"):
        return "question"
    return "other"


def _spoken(record: Record) -> list[tuple[str, str]]:
    return [(m["role"], text) for m in record.messages if (text := _spoken_text(m))]


def _spoken_text(message: Message) -> str:
    return message_text(message).strip() if message.get("role") in ("user", "assistant") else ""


def _exchanges(turns: Sequence[tuple[str, str]]) -> int:
    roles = [role for role, _ in turns]
    answered = sum(pair == ("user", "assistant") for pair in pairwise(roles))
    return max(1, min(MOST_EXCHANGES, answered))


def _sorted(texts: Sequence[str], measure: Callable[[str], int]) -> list[int]:
    return sorted(map(measure, texts))


def _quantile(counts: Sequence[int], share: float) -> int:
    return counts[min(len(counts) - 1, int(share * len(counts)))]


def _bytes_per_character(texts: Sequence[str]) -> float:
    characters = sum(map(len, texts))
    return sum(len(text.encode()) for text in texts) / characters if characters else 1.0
