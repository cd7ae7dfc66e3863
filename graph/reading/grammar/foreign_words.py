"""The commonest short refusals in other languages: no, later. They need no model, and none of them starts anything.

A text is only read as a no when every word of it is known, so that a condition or a topic in it leaves it to the
model. A bare yes, no or later of other languages is read with those of English (`bare_answers`).
"""

from __future__ import annotations

import re

from ...offers.offer import Reply

_NO = """
nein nee nö ne danke lieber nicht lass mal
no gracias quiero eso
non merci pas
não nao obrigado obrigada quero isso
no grazie voglio
hayır yok istemiyorum teşekkürler
нет не надо спасибо
nie dziękuję
नहीं रहने दो मत करो
لا شكرا أريد ذلك
いいえ いや 結構です いりません やめて ください
不要 不 不用 别 谢谢 不了
아니요 아뇨 아니 괜찮아요
nee bedankt liever niet
"""
_FIRST_NO = """
nein nee nö no non não nao hayır нет नहीं لا nie いいえ いや 不要 不用 不了 不 아니요 아뇨 아니
"""
_LATER = re.compile(
    r"\b(?:morgen|später|mañana|más tarde|luego|otro día|demain|plus tard|amanhã|mais tarde|outro dia|domani|"
    r"più tardi|sonra|yarın|завтра|потом|позже|jutro|później|straks)\b|明日|あとで|後で|また今度|明天|以后再|"
    r"以後再|稍后|待会|나중에|내일|बाद में|غدا|لاحقا"
)
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MARKS = re.compile(r"[\s,.;:!¡…、。,!~،؛।]+")


def read_foreign(text: str) -> Reply | None:
    """What a short answer in another language means; ``None`` when a word of it is not known here.

    Returns:
        ``reject`` or ``stop``; never an approval.
    """
    plain = text.lower().replace("’", "'").strip()
    if re.search(r"[?？؟\d]", plain) or len(plain) > 60:
        return None
    if _LATER.search(plain):
        return Reply(kind="stop") if len(plain.split()) <= 5 else None
    if _consists_of(plain, _NO) and _begins_with(plain, _FIRST_NO):
        return Reply(kind="reject")
    return None


def _consists_of(plain: str, words: str) -> bool:
    known = set(words.split())
    if not _NO_SPACES.search(plain):
        return all(word in known for word in _MARKS.split(plain) if word)
    # Nothing parts the words: the longest known ones are taken away until nothing is left.
    rest = _MARKS.sub("", plain)
    for word in sorted(known, key=len, reverse=True):
        rest = rest.replace(word, "") if _NO_SPACES.search(word) else rest
    return not rest


def _begins_with(plain: str, words: str) -> bool:
    if _NO_SPACES.search(plain):
        return plain.startswith(tuple(word for word in words.split() if _NO_SPACES.search(word)))
    return _MARKS.split(plain)[0] in words.split()
