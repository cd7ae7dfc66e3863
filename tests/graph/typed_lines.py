"""Lines that people might type and that are no yes: negations, numbers, quotations, questions, yeses, topic names."""

from __future__ import annotations

import random

YESES = (
    "yes", "YES", "ok", "sure", "go ahead", "do it", "approve", "y", "please do", "sounds good", "ja", "ja bitte",
    "sí", "claro", "adelante", "oui", "d'accord", "vas-y", "sim", "va bene", "evet", "да", "tak", "好的", "可以",
    "同意", "はい", "お願いします", "네", "좋아요", "نعم", "हाँ", "generate", "continue", "resume", "proceed", "skip",
    "carry on", "👍",
)  # fmt: skip
NEGATIONS = (
    "no", "not", "never", "don't", "do not", "nobody", "nope", "no way", "nein", "nicht", "kein", "niemals",
    "no quiero", "nunca", "tampoco", "non", "pas", "jamais", "ne pas", "não", "нет", "не", "никогда", "不", "不要",
    "没有", "别", "いいえ", "ない", "しない", "아니요", "안 돼", "하지 마", "لا", "ليس", "नहीं", "मत", "hayır",
    "değil", "nie",
)  # fmt: skip
NUMBERS = (
    "1", "2", "3", "4", "20", "one", "two", "three", "No 1", "no. 2", "#2", "option 1", "2.5", "１", "二", "первый",
)  # fmt: skip
TOPICS = ("technical issues", "billing_questions", "Account Management", "billing")
QUOTATIONS = (
    '"{}"', "'{}'", "“{}”", "„{}“", "«{}»", "‹{}›", "「{}」", "『{}』", "`{}`", "> {}", "she said: {}", "“{}",
)  # fmt: skip
QUESTIONS = (
    "{}?", "{}？", "¿{}?", "{}؟", "should I say {}", "what if {}", "{}, or what?", "why {}", "{}吗", "{}ですか",
    "{} or not", "is it {}",
)  # fmt: skip
JOINTS = (" ", ", ", ". ", "! ", "; ", " - ", " … ", "\n", "")


def no_yeses(number: int, seed: int = 13) -> list[str]:
    """So many different lines. In each is a negation, a quotation, a question, or a number beside other words."""
    draw = random.Random(seed)
    lines: dict[str, None] = {}
    while len(lines) < number:
        lines[_line(draw)] = None
    return list(lines)


def _line(draw: random.Random) -> str:
    yes, other = draw.choice(YESES), draw.choice([*YESES, *NUMBERS, *TOPICS])
    match draw.randrange(6):
        case 0:
            parts = [draw.choice(NEGATIONS), yes]
        case 1:
            parts = [draw.choice(NEGATIONS), draw.choice(NUMBERS)]
        case 2:
            return draw.choice(QUOTATIONS).format(draw.choice([yes, other, f"{yes} {other}"]))
        case 3:
            return draw.choice(QUESTIONS).format(draw.choice([yes, other, f"{yes}, {other}"]))
        case 4:
            parts = [yes, draw.choice(NUMBERS)]
        case _:
            parts = [draw.choice(NUMBERS), draw.choice(TOPICS)]
    if draw.random() < 0.3:
        parts.append(other)
    if draw.random() < 0.2:
        parts.append(draw.choice(NEGATIONS))
    draw.shuffle(parts)
    # Words of scripts that part their words would be other words without a space.
    joint = draw.choice(JOINTS)
    if joint == "" and "".join(parts).isascii():
        joint = " "
    line = joint.join(parts)
    return draw.choice((line, line, f"{line}!", f"{line}.", line.upper(), f"well, {line}"))
