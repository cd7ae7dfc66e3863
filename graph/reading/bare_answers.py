"""Bare answers: a yes, a no, the number of an option, "skip", "stop", "continue", "more", and nothing else.

The one place where typed text may become a consequence: an approval, a resumption, the way on to the grader, the end
of the conversation, a deletion. It matches whole short texts against lists, language by language. A text counts only
if every word of it belongs to a listed phrase, so one that holds a negation, a condition, a quotation, a question or
a number beside other words never counts, in whatever language: it is not on the list. What is missing here is asked
back, once, and never guessed.

No list holds a word that negates, doubts or asks; the only phrases with a "not" in them are those of `no` and `stop`.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .numbers import ascii_digits

LONGEST = 40
"""Characters of a bare answer, at most."""

Meaning = Literal["yes", "no", "go", "resume", "proceed", "yes_proceed", "stop", "outside", "more", "details"]
"""What a bare answer says: ``go`` is a bare "generate", ``yes_proceed`` a yes with the way on beside it."""


@dataclass(frozen=True)
class _Language:
    """The phrases of one language, parted by ``|``; ``{a|b}`` stands for each of its forms.

    Attributes:
        yes: a yes by itself.
        beside: what may stand beside an answer without changing it; by itself it is none.
        no: a no by itself.
        stop: later, another time.
        go: start it; a yes only where there is one single thing to start.
        resume: carry on with what was begun.
        proceed: skip this, on to the next step.
        outside: the person looks at the records elsewhere, and comes back. English only: the others are asked back.
        more: the rest of what was shown.
        details: the rest of a report.
        yeses: how often a yes may be said in one answer. Two different ones can be an idiom for disbelief ("да ладно").
    """

    yes: str
    beside: str = ""
    no: str = ""
    stop: str = ""
    go: str = ""
    resume: str = ""
    proceed: str = ""
    outside: str = ""
    more: str = ""
    details: str = ""
    yeses: int = 1


_IT = "{it|this|that|the plan|this plan}"
_TO_GRADER = (
    "{to|to the} {grader|grading|grader config|grader configuration|grader step|grader setup|next step}"
)
_ENGLISH = _Language(
    yes=(
        "yes|yess|yep|yeah|yea|yup|y|k|kk|aye|sure|sure thing|ok|okay|okey|agree|agreed|i agree|"
        f"{{approve|approved|i approve}}|{{approve|i approve}} {_IT}|confirm|confirmed|i confirm|"
        f"go ahead|go ahead with {_IT}|{{fine|ok|okay}} {{by|with}} me|"
        f"{{i'm|i am}} {{happy|fine|ok|okay|good}} with {_IT}|"
        "{that|this|it}{'s| is} {what|exactly what} i {want|need|wanted|needed}|"
        "works|works for me|{that|this|it} works|{that|this|it} works for me|"
        "go for it|do it|please do|do that|let's do {it|that|this}|let's go|"
        "{sounds|looks} {good|great|fine|perfect}|{sounds|looks} {good|great|fine|perfect} to me|"
        "{that|it} {sounds|looks} {good|great|fine|perfect}|"
        "you have my {approval|ok|okay|yes|go}|absolutely|definitely|certainly|of course|make it so|lgtm|👍|✅|👌"
    ),
    beside=(
        "please|pls|plz|thanks|thank you|thx|ty|cheers|now|then|perfect|great|good|nice|excellent|alright|all right|"
        "fine|just|let's"
    ),
    no=(
        "no|nope|nah|nay|n|no way|no thanks|no thank you|don't|do not|reject|rejected|decline|declined|"
        "i {reject|decline} it|leave it"
    ),
    stop=(
        "stop|later|quit|exit|cancel|abort|pause|bye|goodbye|not now|not yet|not today|maybe later|maybe tomorrow|"
        "tomorrow|another {time|day}|some other {time|day}|stop {here|now|it|this}|enough|"
        "{stop|stop here|pause|quit|enough|leave it|let's leave it} for {now|today}|"
        "{leave it|stop} here for {now|today}|"
        "that's {all|enough}|do it {later|tomorrow}|come back later|{continue|finish} {later|tomorrow}|"
        "i'll {stop|stop here|come back|come back later|come back tomorrow|continue later|continue tomorrow}|"
        "i'll come back to {this|it} {later|tomorrow}|i'll come back to {this|it}"
    ),
    go="generate|start|run|go|{generate|start|run} {it|them|this|that|the plan}",
    resume=(
        "continue|resume|carry on|keep going|go on|try again|retry|pick up|"
        "{continue|resume|carry on|go on} {with it|the job|the generation}|resume {it|generation}|continue generating|"
        "{pick up|continue|resume} where {you|we|it} {left off|stopped}"
    ),
    proceed=(
        "skip|skip {it|this|that|generation|the generation|generating|this step}|proceed|move on|grader|the grader|"
        f"next step|the next step|{{proceed|continue|move on|go on|go|skip|skip ahead|on|straight|go straight}} "
        f"{_TO_GRADER}|skip it and {{proceed|move on|go on}}|skip it and go on {_TO_GRADER}"
    ),
    outside=(
        "outside|{review|review it|review them} {outside|myself}|"
        "{i'll|i will} {review|check|look at} {it|them|the data|the records} {myself|outside}"
    ),
    more="more|show more|tell me more|the rest|show {me the|the} rest",
    details="details|more details|all details|{show|show me} {details|the details|all details|everything}",
    yeses=3,
)
_LANGUAGES: dict[str, _Language] = {
    "en": _ENGLISH,
    "de": _Language(
        yes=(
            "ja|jawohl|jap|jep|jo|klar|na klar|ja klar|gerne|gern|genau|passt|natürlich|einverstanden|in ordnung|"
            "ok|okay|"
            "mach das|mach es|leg los|los geht's|freigegeben|genehmigt|klingt gut"
        ),
        beside=(
            "bitte|gerne|gern|danke|dann|prima|mach das|mach das bitte|mach es|mach so|leg los|leg bitte los|los|"
            "los geht's|fang an|starten|starte|start|so"
        ),
        no="nein|nee|nö|nein danke",
        stop="später|morgen|lieber {später|morgen}|halt|stopp|aufhören|nicht jetzt|jetzt nicht|heute nicht",
        resume="weiter|weitermachen|mach weiter|fortsetzen|fortfahren",
        proceed="überspringen|weiter zum grader|zum grader",
        more="mehr|mehr zeigen|zeig mehr|den rest",
        details="details|einzelheiten|mehr details|alles zeigen|zeig alles",
    ),
    "es": _Language(
        yes="sí|si|claro|claro que sí|vale|dale|venga|de acuerdo|adelante|hazlo|ok|okay|apruebo|aprobado|sí, claro",
        beside=(
            "por favor|gracias|adelante|hazlo|empieza|comienza|procede|perfecto|muy bien|bien|entonces|claro|"
            "como está"
        ),
        no="no|no, gracias",
        stop="más tarde|luego|mañana|otro día|ahora no|hoy no|para|detente|basta",
        resume="continúa|continua|continuar|sigue|seguir|reanudar|reanuda",
        proceed="saltar|omitir|al grader",
        more="más|ver más|muéstrame más|el resto",
        details="detalles|más detalles|los detalles|muéstrame todo",
    ),
    "fr": _Language(
        yes=(
            "oui|ouais|d'accord|volontiers|bien sûr|entendu|c'est bon|vas-y|allez-y|ok|okay|approuvé|j'approuve|"
            "ça marche"
        ),
        beside=(
            "s'il te plaît|s'il vous plaît|s'il te plait|s'il vous plait|merci|vas-y|allez-y|lance|lancez|fais-le|"
            "faites-le|commence|lance la génération|c'est bon|c'est parfait|parfait|bien sûr|alors"
        ),
        no="non|non merci",
        stop="plus tard|demain|pas maintenant|arrête|arrêtez|stop",
        resume="continue|continuez|continuer|reprends|reprenez|reprendre",
        proceed="passer|au grader|passons au grader",
        more="plus|voir plus|montre plus|la suite|le reste",
        details="détails|plus de détails|les détails|montre tout",
    ),
    "pt": _Language(
        yes="sim|claro|beleza|bora|certo|de acordo|pode|pode {gerar|fazer|começar}|ok|okay|aprovado|aprovo",
        beside=(
            "por favor|obrigado|obrigada|manda ver|faça isso|começa|comece|vamos|pode {gerar|fazer|começar}|perfeito|"
            "claro"
        ),
        no="não|nao|não, {obrigado|obrigada}",
        stop="mais tarde|amanhã|outro dia|agora não|hoje não|pare|parar",
        resume="continua|continue|continuar|retomar|retome",
        proceed="pular|ir para o grader",
        more="mais|ver mais|mostra mais|o resto",
        details="detalhes|mais detalhes|os detalhes",
    ),
    "it": _Language(
        yes="sì|si|certo|va bene|d'accordo|ok|okay|procedi|procedi pure|approvo|approvato",
        beside="per favore|grazie|perfetto|inizia|fallo|vai|procedi|procedi pure|certo|bene",
        no="no|no, grazie",
        stop="più tardi|domani|non ora|adesso no|basta|fermati",
        resume="continua|continuare|riprendi",
        proceed="salta|al grader",
        more="di più|mostra altro|il resto",
        details="dettagli|più dettagli|i dettagli",
    ),
    "nl": _Language(
        yes="ja|jawel|akkoord|graag|prima|is goed|ok|oké|okay|doe maar|ga je gang",
        beside="alsjeblieft|alstublieft|graag|bedankt|prima|doe maar|ga je gang|begin maar",
        no="nee|nee {bedankt|dank je}",
        stop="later|straks|morgen|nu niet|stop maar",
        resume="ga door|doorgaan|verder",
        proceed="overslaan",
        more="meer|toon meer|de rest",
        details="details|meer details",
    ),
    "sv, da, nb": _Language(
        yes="ja|japp|jo|javisst|gärna|okej|ok|godkänn|godkänt|godkend|godkjenn",
        beside="tack|tak|takk|gärna|gerne|kör|fortsätt",
        no="nej|nei|nej tack|nej tak|nei takk",
        stop="senare|senere|imorgon|i morgen|inte nu|ikke nu|ikke nå",
        resume="fortsätt|fortsæt|fortsett",
        more="mer|mere|visa mer|vis mere|vis mer|resten",
        details="detaljer|mer detaljer|flere detaljer",
    ),
    "fi": _Language(
        yes="kyllä|joo|juu|selvä|ok|hyväksyn",
        beside="kiitos",
        no="ei|ei kiitos",
        resume="jatka",
        more="lisää|näytä lisää",
        details="tiedot|yksityiskohdat",
    ),
    "pl": _Language(
        yes="tak|jasne|dobrze|zgoda|ok|akceptuję|zatwierdzam",
        beside="proszę|dziękuję|dzięki|zacznij|zrób to",
        no="nie|nie, dziękuję",
        stop="później|jutro|nie teraz",
        resume="kontynuuj",
        more="więcej|pokaż więcej|resztę",
        details="szczegóły|więcej szczegółów",
    ),
    "cs, sk": _Language(
        yes="ano|jo|jasně|dobře|áno|dobre|souhlasím|súhlasím|ok",
        beside="prosím|děkuji|ďakujem",
        no="ne|nie",
        resume="pokračuj|pokračujte",
        more="více|víc|viac|ukaž více",
        details="podrobnosti|detaily",
    ),
    "hu": _Language(
        yes="igen|rendben|persze|ok|oké|jóváhagyom",
        beside="kérem|köszönöm",
        no="nem",
        resume="folytasd",
        more="több|többet|mutass többet",
        details="részletek",
    ),
    "ro": _Language(
        yes="da|desigur|de acord|bine|ok",
        beside="te rog|vă rog|mulțumesc",
        no="nu",
        resume="continuă",
        more="mai mult|mai multe|arată mai mult",
        details="detalii|mai multe detalii",
    ),
    "tr": _Language(
        yes="evet|tamam|olur|peki|ok|onaylıyorum",
        beside="lütfen|başla|başlat|yap|devam et|teşekkürler",
        no="hayır|yok|hayır, teşekkürler",
        stop="sonra|yarın|şimdi değil|dur",
        resume="devam|devam et",
        proceed="atla|geç",
        more="daha fazla|devamını göster",
        details="ayrıntılar|detaylar|ayrıntı|detay",
    ),
    "ru": _Language(
        yes="да|ага|давай|давайте|хорошо|конечно|да, конечно|согласен|согласна|ок|окей|подтверждаю|одобряю",
        beside="пожалуйста|спасибо|начинай|начинайте|делай|сделай|запускай|запускайте",
        no="нет|не надо|нет, спасибо",
        stop="позже|потом|завтра|не сейчас|стоп|хватит",
        resume="продолжай|продолжайте|продолжить|дальше",
        proceed="пропустить|пропусти",
        more="ещё|еще|больше|покажи ещё|покажи еще",
        details="подробнее|подробности|детали",
    ),
    "uk": _Language(
        yes="так|добре|згоден|згодна|звичайно|гаразд|ок",
        beside="будь ласка|дякую|починай|роби",
        no="ні|ні, дякую",
        stop="пізніше|завтра",
        resume="продовжуй",
        more="ще|більше|покажи ще",
        details="докладніше|деталі|подробиці",
    ),
    "bg, sr": _Language(
        yes="да|добре|съгласен|наравно|важи",
        beside="моля|благодаря|хвала",
        no="не",
        more="още|више",
        details="подробности|детаљи",
    ),
    "el": _Language(
        yes="ναι|εντάξει|βεβαίως|συμφωνώ|οκ",
        beside="παρακαλώ|ευχαριστώ|προχώρα",
        no="όχι",
        resume="συνέχισε",
        more="περισσότερα|κι άλλα",
        details="λεπτομέρειες",
    ),
    "hi": _Language(
        yes="हाँ|हां|जी|जी हाँ|जी हां|ठीक है|मंज़ूर है",
        beside="कर दो|करो|कीजिए|शुरू करो|शुरू कीजिए|कृपया|धन्यवाद",
        no="नहीं|नहीं, रहने दो",
        stop="बाद में|कल",
        resume="जारी रखें|जारी रखो",
        more="और दिखाओ|और दिखाइए",
        details="विवरण|पूरा विवरण",
    ),
    "ar": _Language(
        yes="نعم|أجل|حسنا|حسنًا|موافق|تمام|طيب",
        beside="ابدأ|تفضل|من فضلك|شكرا|شكرًا",
        no="لا|لا, شكرا",
        stop="لاحقا|لاحقًا|غدا|غدًا",
        resume="استمر|تابع|أكمل",
        proceed="تخطى|تخطي",
        more="المزيد|أكثر",
        details="تفاصيل|التفاصيل",
    ),
    "fa": _Language(
        yes="بله|آره|باشه|موافقم|تایید",
        beside="لطفا|لطفاً|ممنون",
        no="نه|خیر",
        resume="ادامه بده",
        more="بیشتر|ادامه",
        details="جزئیات",
    ),
    "he": _Language(
        yes="כן|בסדר|בטח|מאשר|מאשרת",
        beside="בבקשה|תודה",
        no="לא|לא תודה",
        resume="המשך",
        more="עוד|הצג עוד",
        details="פרטים",
    ),
    "id, ms": _Language(
        yes="iya|oke|ok|setuju|baik|boleh",
        beside="silakan|lanjutkan|tolong|terima kasih|mulai",
        no="tidak|jangan",
        resume="lanjutkan|lanjut",
        more="selengkapnya|lebih banyak",
        details="detail|rincian|butiran",
    ),
    "vi": _Language(
        yes="vâng|đồng ý|được|ok|có",
        beside="làm đi|bắt đầu đi|cảm ơn",
        no="không",
        resume="tiếp tục",
        more="thêm|xem thêm",
        details="chi tiết",
    ),
    "th": _Language(
        yes="ใช่|ใช่ครับ|ใช่ค่ะ|ตกลง|ตกลงครับ|ตกลงค่ะ|โอเค|โอเคครับ|โอเคค่ะ|ได้เลย|ได้ครับ|ได้ค่ะ",
        no="ไม่|ไม่ครับ|ไม่ค่ะ",
        more="เพิ่มเติม|ดูเพิ่มเติม",
        details="รายละเอียด",
    ),
    "ko": _Language(
        yes="네|넵|예|응|그래|그래요|좋아|좋아요|좋습니다|알겠습니다|승인|승인합니다|동의합니다",
        beside=(
            "{진행|시작|생성|그렇게}해 주세요|"
            "{진행|시작|생성}해주세요|{진행|시작|생성}해|{진행|시작}하세요|해 주세요|해주세요|해줘|해 줘|"
            "{진행|시작|생성|그렇게}해줘|"
            "그렇게 해 주세요|그렇게 해주세요|부탁합니다|부탁해요|부탁드립니다|감사합니다"
        ),
        no="아니요|아니오|아뇨|아니",
        stop="나중에|내일|그만",
        resume="계속|계속해|계속해 주세요|계속해주세요|계속하세요",
        proceed="건너뛰기|건너뛰어",
        more="더|더 보기|더보기|더 보여줘|더 보여주세요|나머지",
        details="자세히|자세히 보기|상세|세부 사항|세부사항",
    ),
    "ja": _Language(
        yes="はい|ええ|うん|了解|了解です|了解しました|もちろん|もちろんです|承認|承認します|同意します|お願いします|いいですよ|オーケー",
        beside=(
            "お願いします|進めて|進めてください|始めて|始めてください|開始してください|やってください|生成してください|"
            "それで|それでお願いします|どうぞ|ありがとう|ありがとうございます"
        ),
        no="いいえ|いや|結構です|いりません",
        stop="後で|あとで|明日|また今度|やめて|やめます",
        resume="続けて|続けてください|再開|再開して|再開してください",
        proceed="スキップ|スキップして",
        more="もっと|もっと見せて|もっと見る|続き|残り",
        details="詳細|詳しく|詳しく見せて|詳しく教えて",
    ),
    "zh": _Language(
        yes=(
            "好|好的|好吧|好啊|可以|行|没问题|沒問題|是|是的|对|對|同意|批准|确认|確認|赞成|贊成|当然|當然|当然可以|"
            "當然可以"
        ),
        beside=(
            "请|請|开始|開始|开始吧|開始吧|生成|生成吧|做吧|去做吧|执行|執行|执行吧|就这样|就這樣|就这样做|就這樣做|谢谢|謝謝|"
            "继续吧"
        ),
        no="不|不要|不用|不了|不行|不用了",
        stop="以后再说|以後再說|明天|明天再说|稍后|稍後|待会|待會|停止|停",
        resume="继续|繼續|继续吧|繼續吧|请继续|請繼續",
        proceed="跳过|跳過|下一步",
        more="更多|显示更多|顯示更多|看更多|其余|其餘",
        details="详情|詳情|细节|細節|详细|詳細|更多细节|更多細節",
    ),
}

# How people name the number of an option beside the digits.
_OPTION_WORDS = (
    "option number choice answer opción opcion opção opcao opzione optie вариант seçenek "
    "选项 選項 オプション 옵션"
)
_OPTION = frozenset(_OPTION_WORDS.split())
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_CARDINALS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_SPELLED = {
    "lets": "let's", "im": "i'm", "thats": "that's", "dont": "don't", "ill": "i'll", "its": "it's"
}  # fmt: skip
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_AROUND = " \t\n.!…。！,，、*_()[]#"
"""What may stand around an answer. Anything else around it, above all a question or quotation mark, makes it none."""
_PARTING = str.maketrans(dict.fromkeys(",.!，、。！،…", " "))

_MOST_WORDS = 10
"""Words (characters, where no spaces part them) of the longest phrase."""

_Classes = tuple[frozenset[str], int]
"""Which kinds of phrases a text is made of, and how many of them are a yes."""


def bare_answer(text: str) -> Meaning | None:
    """What ``text`` says if it is a bare answer in one of the languages; ``None`` for all that is more than that."""
    plain = _plain(text)
    if plain is None:
        return None
    meanings = {meaning for language in _LANGUAGES for meaning in _meanings(plain, language)}
    if "yes" in meanings and meanings <= {"yes", "go", "resume"}:
        return "yes"  # "tamam, devam et": a yes with "go on" beside it
    # Where two languages differ in what it says, it is asked back.
    return meanings.pop() if len(meanings) == 1 else None


def is_foreign_answer(text: str) -> bool:
    """Whether ``text`` is a bare answer, and none in English."""
    plain = _plain(text)
    return (
        plain is not None
        and not _meanings(plain, "en")
        and any(_meanings(plain, name) for name in _LANGUAGES)
    )


def is_yes(text: str) -> bool:
    """Whether ``text`` is a bare yes."""
    return bare_answer(text) == "yes"


def is_no(text: str) -> bool:
    """Whether ``text`` is a bare no."""
    return bare_answer(text) == "no"


def bare_number(text: str) -> tuple[int, bool] | None:
    """The number that ``text`` consists of, with "please" or "option" beside it at most: "2", "2.", "option 2".

    Returns:
        The number and whether it is called an option; ``None`` when there is anything else beside it. "No 1" is none:
        it may be the number and it may be a no.
    """
    plain = _plain(text)
    if plain is None:
        return None
    english = _phrases("en")
    words = [word for word in plain.split() if "beside" not in english.get((word,), ())]
    named = words[:1] != [] and (words[0] in _OPTION or text.lstrip().startswith("#"))
    words = words[1:] if words and words[0] in _OPTION else words
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        return int(words[0]), named
    if len(words) == 1 and words[0] in _CARDINALS:
        return _CARDINALS[words[0]], named
    words = words[words[:1] == ["the"] :]
    if words and words[0] in _ORDINALS and words[1:] in ([], ["one"], ["option"]):
        return _ORDINALS[words[0]], True
    return None


def _plain(text: str) -> str | None:
    """Lower case, single spaces, no commas; ``None`` when it is empty or too long for a bare answer."""
    if len(text) > 4 * LONGEST:
        return None
    text = unicodedata.normalize("NFKC", ascii_digits(text)).replace("’", "'").replace("\ufe0f", "")
    text = " ".join(text.strip(_AROUND).rstrip(_AROUND + "~").lower().translate(_PARTING).split())
    text = re.sub(r"([a-z])\1{2,}", r"\1", text)  # "yesss", "nooo"
    return text if text and len(text) <= LONGEST else None


def _meanings(plain: str, language: str) -> set[Meaning]:
    """What the text can say in one language, if it consists of that language's phrases."""
    if _UNSPACED.search(plain):
        words = list(plain.replace(" ", ""))
    else:
        words = [_SPELLED.get(word, word) for word in plain.split()]
    most = _LANGUAGES[language].yeses
    found = (_meaning(classes) for classes, yeses in _made_of(words, language) if yeses <= most)
    return {meaning for meaning in found if meaning is not None}


def _meaning(classes: frozenset[str]) -> Meaning | None:
    match sorted(classes - {"beside"}):
        case ["yes"]:
            return "yes"
        case ["go"] | ["go", "yes"]:
            return "go"
        case ["resume"] | ["resume", "yes"]:
            return "resume"
        case ["proceed", "yes"]:
            return "yes_proceed"
        case ["proceed"]:
            return "proceed"
        case ["stop"]:
            return "stop"
        case ["no"]:
            return "no"
        case ["outside"]:
            return "outside"
        case ["more"]:
            return "more"
        case ["details"]:
            return "details"
    return None  # nothing, or two that contradict each other


def _made_of(words: Sequence[str], language: str) -> set[_Classes]:
    """All ways in which the words are phrases of the language one after the other; from left to right, in one pass."""
    phrases = _phrases(language)
    ways: list[set[_Classes]] = [{(frozenset(), 0)}, *(set[_Classes]() for _ in words)]
    for start, so_far in enumerate(ways):
        for end in range(start + 1, min(start + _MOST_WORDS, len(words)) + 1) if so_far else ():
            for kind in phrases.get(tuple(words[start:end]), ()):
                ways[end] |= {(kinds | {kind}, min(4, yeses + (kind == "yes"))) for kinds, yeses in so_far}
    return ways[-1]


@cache
def _phrases(language: str) -> dict[tuple[str, ...], frozenset[str]]:
    """The phrases of a language as words (as characters, where no spaces part them), and what they are."""
    found: dict[tuple[str, ...], frozenset[str]] = {}
    for kind in ("yes", "beside", "no", "stop", "go", "resume", "proceed", "outside", "more", "details"):
        for phrase in _forms(getattr(_LANGUAGES[language], kind)):
            key = tuple(phrase.replace(" ", "")) if _UNSPACED.search(phrase) else tuple(phrase.split())
            found[key] = found.get(key, frozenset()) | {kind}
    return found


def _forms(written: str) -> list[str]:
    """``{a|b} c|d`` as ``a c``, ``b c``, ``d``."""
    forms: list[str] = []
    for phrase in re.findall(r"(?:\{[^{}]*\}|[^|{])+", written):
        parts = [part.split("|") for part in re.split(r"[{}]", phrase)]
        forms += ["".join(parts) for parts in itertools.product(*parts)]
    return [unicodedata.normalize("NFKC", form).translate(_PARTING) for form in forms]
