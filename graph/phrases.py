"""What people say: the phrases of which a reply is made, as patterns over normalized text (lower case, no end marks).

All but the ``LEADING_`` ones, ``POLITE`` and ``ASKS`` are matched against the whole reply: a phrase inside a longer
sentence means nothing by itself.
"""

from __future__ import annotations

import re

YES = (
    r"(?:yes|yep|yeah|yup|y|sure|sure thing|ok|okay|(?:i )?approved?|(?:i )?agreed?|(?:i )?confirm(?:ed)?|go ahead|"
    r"go for it|do it|please do|do that|let'?s do (?:it|that|this)|let'?s go|(?:that |it )?(?:sounds|looks) good|"
    r"absolutely|definitely|certainly|of course|make it so|lgtm|👍|✅)"
)
TAIL = r"(?:please|thanks|thank you|now|then)"
PLAIN_YES = re.compile(rf"(?:please )?{YES}(?: (?:{YES}|{TAIL}))*")
GO = re.compile(
    rf"(?:{YES} )?(?:please )?(?:generate|start|run)(?: (?:it|them|that|this|the plan))?(?: {TAIL})*"
)
LEADING_YES = re.compile(rf"{YES}\b[ ,;:.!–—-]+(?P<rest>.+)", re.DOTALL)
NO = re.compile(
    r"(?:no|nope|nah|n|no way|no thanks?|no thank you|don'?t|do not|not (?:this|that|that one)|reject(?:ed)?|"
    r"declined?|i (?:reject|decline|refuse)(?: (?:it|this|that|the plan))?|"
    r"(?:don'?t|do not) (?:do|generate|start|run)(?: (?:it|that|this|them|anything|any))?|"
    r"i don'?t want (?:that|this|it))"
    r"(?: (?:please|thanks|thank you))?"
)
LEADING_NO = re.compile(r"(?:no|nope|nah)\b[ ,;:.!–—-]+(?P<rest>.+)", re.DOTALL)
STOP = re.compile(
    r"(?:let'?s |please |i(?:'ll| will) )?(?:stop|later|quit|exit|cancel|abort|pause|bye|goodbye|not now|not yet|"
    r"stop (?:here|now|it)|(?:maybe |do it |come back |continue |another time |some other time )later|not today|"
    r"that'?s (?:all|enough)(?: for (?:now|today))?|enough(?: for (?:now|today))?|i(?:'ll| will) come back later|"
    r"(?:do it |continue )?tomorrow)(?: (?:please|thanks|thank you|for now))?"
)
GRADER = r"(?:(?:the )?grader(?: (?:config(?:uration)?|step|setup))?|(?:the )?next step|step (?:4|four))"
PROCEED = re.compile(
    rf"(?:let'?s |please |just )?(?:skip(?: (?:it|this|that|(?:the )?generation|generating|this step))?"
    rf"(?: and (?:proceed|move on|continue|go(?: on)?)(?: (?:to|with) {GRADER})?)?|proceed|"
    rf"(?:proceed|continue|move(?: on)?|go(?: on)?|skip(?: ahead)?|on|straight) to {GRADER}|move on|{GRADER}|"
    rf"(?:proceed|continue) (?:with|to) {GRADER})(?: (?:please|now|thanks))?"
)
OUTSIDE = re.compile(
    r".*\b(?:review|look|check|go through)\b.*\b(?:outside|myself|elsewhere|by hand|on my own|in my editor)\b.*"
)
REVIEW = re.compile(
    r"(?:please |let me |let'?s |i(?:'d| would) like to |i want to |can i |could i )*"
    r"(?:review|see|look at|inspect|browse|read|show(?: me)?|list)\b(?P<what>.*)"
)
REVIEWABLE = re.compile(
    r"\b(?:records?|examples?|samples?|data|synthetic|existing|generated|new ones|them|some|first)\b"
)
DROP = re.compile(
    r"(?:please )?(?:drop|remove|reject|delete|discard|throw out)(?: (?:the )?(?:records?|numbers?|nos?\.?|#))*"
    r" (?P<numbers>#?\d+(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+|\s+)#?\d+)*)"
)
BACK = re.compile(
    r"(?:back|done|go back|ready|finished|(?:go )?back to (?:the )?plan|show (?:me )?the plan|the plan)(?: please)?"
)
NEXT = re.compile(r"(?:next|more|show (?:me )?more|next page|continue|go on)(?: (?:please|records))?")
MORE = re.compile(
    r"(?:please |let'?s |i want to )?(?:(?:generate|create|make|add|do|get)(?: (?:some|a few))? )?more"
    r"(?: (?:synthetic )?(?:data|records|examples|samples|of them))?(?: to (?:further )?balance.*)?(?: please| now)?|"
    r"generate again|another round|one more round|balance (?:it )?further"
)
RESUME = re.compile(
    rf"(?:(?:{YES}|please) )*(?:continue|resume|carry on|go on|try again|retry)"
    rf"(?: (?:it|the job|generation|generating))?(?: {TAIL})*"
)
ASKS = re.compile(
    r"(?:what|why|how|which|who|when|where|is|are|was|were|does|did|do (?:you|i|we|they)|should|would it|will|"
    r"explain|tell me|describe|compare|help|can you (?:explain|tell)|could you (?:explain|tell)|difference)\b"
)
POLITE = re.compile(
    r"(?:please|well|hmm+|actually|so|alright|hey|hi|hello|and|then|just|but|only|"
    r"(?:can|could|would) you(?: please)?|i(?:'d| would) (?:like|prefer)(?: (?:you )?to)?|i want(?: (?:you )?to)?|"
    r"let'?s|let us|how about|what about|rather)\b[ ,:;]*"
)
ORDINALS = {"one": 1, "two": 2, "three": 3, "four": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}
OPTION = re.compile(
    rf"(?:(?:{YES}|please|i(?:'ll)? (?:choose|take|pick)|choose|pick|take|go with|"
    r"let'?s (?:go with|do|take)|do option)[ ,]*)*"
    r"(?:the )?(?P<name>option|number|choice|no|answer|#)? ?"
    # "Yes, the first" names an option; "yes, first …" begins a condition.
    r"(?P<number>\d+|one|two|three|four|(?:\A|(?<=the )|(?<=take )|(?<=pick )|(?<=with )|(?<=choose )|(?<=option ))"
    r"(?:first|second|third|fourth))(?:st|nd|rd|th)?(?: (?:one|option))?(?: please)?"
)
OPTION_WITH_CHANGE = re.compile(
    r"(?:option |number |choice |#)?(?P<number>\d)\s*,?\s+(?:but|with|using)\s+(?P<rest>.+)", re.DOTALL
)
