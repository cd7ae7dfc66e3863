"""What people say: the phrases of which a reply is made, as patterns over normalized text (lower case, no end marks).

All but the ``LEADING_`` ones, ``DOUBT``, ``POLITE`` and ``ASKS`` are matched against the whole reply: a phrase inside a
longer sentence means nothing by itself. None of them approves, resumes or ends anything (`exact` does): what they read
as such is asked back.

A group that repeats takes what it has once taken for good (``*+``, ``(?>…)``): otherwise a line that nearly fits is
tried in all ways of dividing it, whose number doubles with each repetition.
"""

from __future__ import annotations

import re

from .number_words import vocabulary

YES = (
    r"(?>(?:yess*|yep|yeah?|yup|y|kk?|aye|sure|sure thing|ok|okay|(?:i )?approved?(?: (?:this|the|that|it)(?: "
    r"plan)?)?|(?:i )?agreed?|"
    r"(?:i )?confirm(?:ed)?|go ahead(?: with (?:it|this|that|the plan|this plan))?|fine (?:by|with) me|"
    r"i(?:'m| am) (?:happy|fine|ok(?:ay)?|good) with (?:it|this|that|the plan|this plan)|"
    r"(?:that|this|it)(?:'s| is) (?:exactly )?what i (?:want|need)(?:ed)?|(?:that |this |it )?works(?: for me)?|"
    r"go for it|do it|please do|do that|let'?s do (?:it|that|this)|let'?s go|"
    r"(?:that |it )?(?:sounds|looks) (?:good|great|fine|perfect)(?: to me)?|"
    r"you have my (?:approval|ok(?:ay)?|yes|go)|"
    r"absolutely|definitely|certainly|of course|make it so|lgtm|👍|✅)(?!\w))"
)
THANKS = r"(?:please|pls|plz|thanks|thx|ty|cheers|thank you)"
TAIL = rf"(?:{THANKS}|now|then)"
_PRAISE = r"(?:perfect|great|good|nice|excellent|alright|all right|fine)"
LEADING_YES = re.compile(rf"{YES}\b[ ,;:.!…–—-]+(?P<rest>.+)", re.DOTALL)
DOUBT = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|guess|whatever|wait|hold on|hang on|if|unless|once|when|"
    r"until|but|except|after|"
    r"first|later|not|no|never|almost|suppose|boss|right|think|because|worked|said|says|told|tell|by|"
    r"might|could|should|theory|theoretically|principle|although|though|assuming)\b"
)
QUOTED = re.compile(r"[\"“”«»].+[\"“”«»]", re.DOTALL)
REQUEST = re.compile(r"(?:please )?(?:can|could|would|will) (?:you|we|i)\b|(?:how|what) about\b")
# None of them is a word of another common language.
ENGLISH = re.compile(
    r"\b(?:the|it|is|i|you|to|of|by|and|she|they|we|that|this|my|all|already|something|anything|yesterday|today|"
    r"what|there|here|from|have|has|had|were|would|with)\b"
)
QUOTES = ('"', "'", "`", "“", "„", "‘", "«", "‹", "「", "『")
"""What a quotation begins with: a yes in it may be somebody else's."""
PLEASANTRY = re.compile(
    rf"(?:oh )?(?:{_PRAISE}|thanks|thank you|thx|cool|wow|hi|hello|hey|interesting|i see|got it)"
    r"(?:[, ]+(?:thanks|thank you|job|work|very much|so much|a lot))*"
)
NO = re.compile(
    r"(?:please )?"
    r"(?:(?:no|nope|nah) )?"
    r"(?:no|nope|nah|nay|n|no way|no thanks?|no thank you|don'?t|do not|not (?:this|that|that one)|reject(?:ed)?|"
    r"leave it(?: (?:be|alone|there|as it is))?|i(?:'d| would) rather not|"
    r"declined?|i (?:reject|decline|refuse)(?: (?:it|this|that|the plan))?|"
    r"(?:don'?t|do not) (?:do|generate|start|run)(?: (?:it|that|this|them|anything|any))?|"
    r"(?:cancel|scrap|forget(?: about)?) (?:it|that|this|the plan|this plan)|"
    r"i don'?t (?:want|need)(?: (?:that|this|it|any|more|synthetic|generated|new|data|records|examples|samples|to|"
    r"generate|add))*|(?:that|this|it)(?:'s| is) not what i (?:want|need|meant|asked for)(?:ed)?|"
    r"(?:there(?:'s| is) )?no need(?: (?:for (?:it|this|that|more|any)|to(?: (?:do|generate|add|it|this|that|any|more|"
    r"anything))*))?)"
    rf"(?: (?:{THANKS}|sorry))*"
)
LEADING_NO = re.compile(r"(?:no|nope|nah)\b[ ,;:.!–—-]+(?P<rest>.+)", re.DOTALL)
_STOP_PART = (
    r"(?>(?:(?:i(?:'ve| have)? )?(?:gotta|got to|have to|need to|must) (?:run|go|leave|stop)(?: now)?|"
    r"i(?:'ve| have)(?: got)? (?:a|another|to be in a) (?:meeting|call)(?: now| soon)?|"
    r"(?:talk|speak|see you|more|rest)(?: of it| of this)? (?:later|tomorrow|soon)|"
    r"leave (?:it|this|that)(?: (?:here|there))? for (?:now|today)|"
    r"stop (?:here|now|it)|stop|quit|exit|cancel|abort|pause|bye|goodbye|not now|not yet|not today|"
    r"(?:maybe |do it |(?:i'?ll |let'?s )?(?:come back|continue|finish)(?: to (?:this|it))? )*+"
    r"(?:later|tomorrow|another (?:time|day)|some other (?:time|day))|"
    r"that'?s (?:all|enough)|enough|i(?:'ll| will) come back(?: to (?:this|it))?(?: later| tomorrow)?)"
    r"(?: (?:for )?(?:today|now))?(?!\w))"
)
STOP = re.compile(
    rf"(?:let'?s |please |i(?:'ll| will) )?{_STOP_PART}(?:[, ]+(?:and |then )?{_STOP_PART})*+(?: {THANKS})?"
)
GRADER = r"(?:grade|(?:the )?grader(?: (?:config(?:uration)?|step|setup))?|grading|(?:the )?next step|step (?:4|four))"
_ONWARD = (
    rf"(?:(?:proceed|continue|move(?: on)?|go(?: on)?|skip(?: ahead)?|(?:go )?(?:straight|directly|right)(?: on)?|on) "
    rf"(?:to|with) {GRADER})"
)
_GOOD_AS_IT_IS = (
    r"(?:(?:ok |that(?:'s| is) )?enough(?: (?:data|records))?,? (?:now |so |then )?(?:let'?s )?|"
    r"(?:there(?:'s| is) )?no need(?: (?:for (?:it|this|that|more)|to generate(?: (?:more|anything|any))?))?,? |"
    r"(?:we|i|all)(?:'re|'m| are| am)? (?:good|fine|done|happy|set)(?: as it is| with (?:it|this|that))?,? |"
    r"(?:the |my )?(?:data(?:set)?|balance|it|this|that)(?:'s| is| looks) "
    r"(?:fine|good|ok|okay|enough|good enough|balanced enough)(?: as it is| already| now)?,? (?:so |and )?)"
)
PROCEED = re.compile(
    rf"(?:let'?s |please |just |(?:we|you) can |we should |i(?:'d| would) like to |i want to |{_GOOD_AS_IT_IS})*+"
    rf"(?:skip(?: (?:it|this|that|(?:the )?generation|generating|this step))?"
    rf"(?: and (?:proceed|move on|continue|go(?: on)?)(?: (?:to|with) {GRADER})?)?|proceed|{_ONWARD}|"
    rf"move on|{GRADER})"
    rf"(?: {TAIL})?"
)
OUTSIDE = re.compile(
    r"(?>.*?\b(?:review|look|check|go through)\b).*\b(?:outside|myself|elsewhere|by hand|on my own|in my editor)\b.*"
)
REVIEW = re.compile(
    r"(?:please |let me |let'?s |i(?:'d| would) like to |i want to |can i |could i )*"
    r"(?:review|see|look at|look through|look over|go through|check(?: out)?|open|view|inspect|browse|read|"
    r"show(?: me)?|give me|list)\b(?P<what>.*)"
)
REVIEWABLE = re.compile(
    r"\b(?:records?|examples?|samples?|data|synthetic|existing|generated|new ones|them|some|first)\b"
)
JUST_GENERATED = re.compile(
    r"\bwhat (?:(?:you|the last round|it) (?:just )?(?:generated|made|wrote|added)|"
    r"(?:was|were|has been|got) (?:just )?(?:generated|made|written|added))\b"
)
DROP = re.compile(
    r"(?:please )?(?:drop|remove|reject|delete|discard|throw out|get rid of)"
    r"(?: (?:the )?(?:records?|numbers?|nos?\.?|#))*"
    r" (?P<numbers>#?\d+(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+|\s+)#?\d+)*)(?:,? (?:please|thanks))?"
)
BACK = re.compile(
    r"(?:back|go back|ready|(?:i'?m )?(?:done|finished)(?: (?:reviewing|reading|looking|with (?:the review|it|that)))?|"
    r"(?:go )?back to (?:the )?(?:plan|options|choices|menu|question)|"
    r"show (?:me )?the plan|the plan)(?: please)?"
)
NEXT = re.compile(r"(?:next|more|show (?:me )?more|next page|continue|go on)(?: (?:please|records))?")
MORE = re.compile(
    r"(?:please |let'?s |i want to )?(?:(?:generate|create|make|add|do|get)(?: (?:some|a few))? )?more"
    r"(?: (?:synthetic )?(?:data|records|examples|samples|of them))?(?: to (?:further )?balance.*)?(?: please| now)?|"
    r"(?:let'?s |please |i want |i(?:'d| would) like )?(?:(?:do|run|try|make|go for|keep going with) )?"
    rf"(?:generate again|another round|one more round|a(?:nother)? (?:second|third|next) round|balance (?:it )?further)"
    rf"(?: {TAIL})?"
)
ASKS = re.compile(
    r"(?:and |so |but |ok |well )*"
    r"(?:what'?s?|why|how|which|who|when|where|is|are|was|were|does|did|do (?:you|i|we|they)|should|would it|will|"
    r"explain|tell me|describe|compare|help|can you (?:explain|tell)|could you (?:explain|tell)|difference|"
    r"i (?:don'?t|do not) (?:get|see|understand|know) (?:why|what|how|which))\b"
)
POLITE = re.compile(
    r"(?:please|well|hmm+|actually|so|alright|hey|hi|hello|and|then|just|but|only|sorry|"
    r"(?:can|could|would) you(?: please)?|i(?:'d| would) (?:like|prefer)(?: (?:you )?to)?|i want(?: (?:you )?to)?|"
    r"let'?s|let us|how about|what about|rather)\b[ ,:;]*"
)
CHOOSES = vocabulary("choose take pick go with let's option number looks sounds seems better best")
"""Words that choose: one of them makes of a number beside it an option, which is asked back as its number alone."""
CHOOSING = CHOOSES | vocabulary(
    "yes yeah yep ok okay sure please thanks i i'd i'll would will for do the one ahead proceed start with is be good "
    "fine nice great to me then now and"
)
OPTION_WITH_CHANGE = re.compile(
    r"(?:option |number |choice |#)?(?P<number>\d)\s*,?\s+(?:(?:but|with|using)\s+|(?=without|except|"
    r"minus))(?P<rest>.+)",
    re.DOTALL,
)
