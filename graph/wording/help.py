"""What can be said in the conversation."""

from __future__ import annotations

HELP = """You can say it in your own words; for example:

- **Answer** with a number, “yes”, “no”, “skip” (on to the grader) or “stop”.
- **More**: “more” shows what a report left out: all topics, further plans, the cost in full, the strategies.
- **Change the plan**: “make it 20”, “30 tech and 10 billing, few-shot, under a dollar”, “bring billing up \
to 60”, “leave billing out”.
- **See a few first**: “show me three first” is a pilot, which counts towards the plan; with “first 10 each, then the \
rest if they are good” you are asked again only where they are not.
- **Ask**: “why is technical low”, “show me the worst three”, “what do billing records look like”, “what would 0.8 \
cost”, “which strategies are there”, “what did the last round add”, “why were drafts rejected”.
- **Review**: “review existing records”, “review the synthetic records”. Then “drop 2 because it mentions discounts”, \
“keep 2”, “move 2 to billing”, “edit the reply of 2: …”. A reason can become a rule: “show me the rules”, “drop rule 1”.
- **Targets**: “twice as much billing”, “make all topics equal”.
- **Rounds**: “generate more”, “show me the rounds”, “undo the last round”.
- **Export**, where a model at an endpoint reads: “export it as axolotl, 90/10”, “save the real ones as mine.jsonl”.
- **Try another way**: “go back to before round 1 and try few-shot instead”, then “compare”.

The conversation is kept after every step: `finetune-coverage threads` lists all of them, and \
`finetune-coverage chat --thread ID` goes on with one."""
