"""The commonest short answers in other languages: yes, no, later. They need no model, and none of them approves.

A text is only read when every word of it is known, so that a condition or a topic in it leaves it to the model. A yes
becomes a question back, to be answered in words that the grammar reads, like one that the model reads.
"""

from __future__ import annotations

import re

from .offer import Offer, Reply

_YES = """
ja jawohl jap klar gerne gern genau passt jo sicher natürlich
sí si claro vale dale venga seguro bueno
oui ouais d'accord volontiers parfait bien
sim claro beleza bora certo ok
sì certo va bene perfetto
evet tamam olur
да ага давай давайте хорошо ладно конечно
tak dobrze jasne
हाँ हां ठीक है
نعم أجل حسنا
はい ええ うん 了解 もちろん
好的 好 可以 行 没问题 嗯 是的
네 예 응 좋아요 좋습니다
"""
_DO_IT = """
bitte starten starte start los leg mach machen mal das es so an fang anfangen weiter
adelante hazlo empieza empezar comienza procede por favor gracias
vas-y allez-y lance lancez fais-le faites-le commence c'est bon s'il te plaît s'il vous plait merci
pode gerar gera comece começa começar manda ver faça faz favor obrigado obrigada isso
procedi pure inizia fallo vai grazie
başla başlat yap lütfen devam et
начинай начинайте делай сделай пожалуйста запускай
zacznij proszę
कर दो करो शुरू कीजिए
ابدأ تفضل من فضلك
お願いします 進めて 始めて 開始して やって ください どうぞ それで
开始 生成 吧 就这样 做 请 就 这样 执行 去
진행해 시작해 주세요 해 그렇게
"""
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


def read_foreign(text: str, offer: Offer) -> Reply | None:
    """What a short answer in another language means; ``None`` when a word of it is not known here.

    Returns:
        ``confirm``, ``reject`` or ``stop``; never an approval.
    """
    plain = text.lower().replace("’", "'").strip()
    if re.search(r"[?？؟\d]", plain) or len(plain) > 60:
        return None
    if _LATER.search(plain):
        return Reply(kind="stop") if len(plain.split()) <= 5 else None
    if _consists_of(plain, _NO) and _begins_with(plain, _FIRST_NO):
        return Reply(kind="reject")
    if _consists_of(plain, f"{_YES}{_DO_IT}") and _begins_with(plain, _YES):
        return _confirm(offer)
    return None


def _confirm(offer: Offer) -> Reply | None:
    if offer.action == "proceed_to_grader":
        return Reply(kind="confirm", means="proceed")
    if offer.action == "resume_generation":
        return Reply(kind="confirm", means="resume")
    return Reply(kind="confirm", means="approve") if offer.plan_id else None


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
