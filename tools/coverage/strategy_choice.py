"""Which of the five strategies suits a topic, why, and what each of them does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from pydantic import BaseModel, Field

from ..errors import InvalidInput

if TYPE_CHECKING:
    from ..store.records import TopicCount
    from ..store.workflows import TopicInfo

StrategyName = Literal[
    "message_variation", "few_shot", "topic_description", "scenario_expansion", "tool_chain"
]

FEW_SHOT_SEEDS: Final = 8
"""From this many usable seeds on, few-shot has enough examples to draw a different mix for every record."""


class StrategyGuide(NamedTuple):
    """What a person should know about a strategy: the table's row, then more.

    Attributes:
        name: as in plans and tool calls.
        title: as shown to people.
        best_for: in a few words.
        description: in one line.
        details: what it keeps, what it changes, what it costs, when not to use it.
    """

    name: StrategyName
    title: str
    best_for: str
    description: str
    details: str


STRATEGIES: Final[dict[StrategyName, StrategyGuide]] = {
    guide.name: guide
    for guide in (
        StrategyGuide(
            "message_variation",
            "Message Variation",
            "Multi-turn conversations",
            "Vary the last user message while keeping context",
            "It takes one existing conversation, keeps everything before a message of the user exactly as "
            "it is, and has something else said there: another fact, outcome or complication, and the "
            "reply to it. The embedded model only rewords what was said, which adds hardly anything "
            "new. It cannot be used where no user speaks again after the assistant.",
        ),
        StrategyGuide(
            "few_shot",
            "Few-Shot",
            "Consistent patterns",
            "Generate similar examples from existing records",
            "It shows the model whole records of the topic that differ from each other, and asks for a new "
            "case in their manner, tool calls included. It repeats what the examples have in common, "
            "mistakes included: do not use it where the records are doubtful, and expect little variety "
            "from fewer than about eight.",
        ),
        StrategyGuide(
            "topic_description",
            "Topic Description",
            "New topics",
            "Generate from topic description alone",
            "It needs no records: the model gets the topic's name and description, the neighbouring "
            "topics to stay clear of, and a case to write about. The records follow the description and "
            "not your users' way of writing, so prefer another strategy as soon as there are real records, "
            "and make the description precise.",
        ),
        StrategyGuide(
            "scenario_expansion",
            "Scenario Expansion",
            "Specific cases",
            "Expand edge cases and variations",
            "It takes one record and carries its situation into an edge case, such as missing "
            "information, a conflict, a refusal or a recovery after a mistake, or one of your own "
            "(`scenarios`). A single good record is enough to begin with. Leave it when you need more of the "
            "ordinary cases: it makes the unusual ones more frequent than they are.",
        ),
        StrategyGuide(
            "tool_chain",
            "Tool Chain",
            "Tool-using agents",
            "Generate tool usage patterns",
            "It writes a new task that needs the topic's tools, with the calls, their results and the "
            "answer in one consistent world, about as many calls as real records have; some are cases in "
            "which a call would be wrong. The embedded model only rewords what is said around real calls. "
            "It cannot be used without a record that declares and calls a tool.",
        ),
    )
}


class RefusedDrafts(NamedTuple):
    """The latest drafts of a strategy for a topic, none of which was accepted.

    Attributes:
        number: how many.
        check: what refused most of them, in words.
        cause: the likely cause, and what would help.
    """

    number: int
    check: str
    cause: str


class TopicProfile(BaseModel):
    """What a topic's records offer to the strategies.

    Attributes:
        topic: its name.
        records: active records, real and synthetic.
        usable_seeds: real records with an assistant turn.
        multi_turn: records in which the user speaks at least twice.
        uses_tools: records in which the assistant calls a tool.
        has_description: whether someone described the topic.
        unusable: strategies that can use none of its records, as far as somebody looked.
        refused: strategies that brought nothing lately.
    """

    topic: str
    records: int = 0
    usable_seeds: int = 0
    multi_turn: int = 0
    uses_tools: int = 0
    has_description: bool = False
    unusable: frozenset[StrategyName] = frozenset()
    refused: dict[StrategyName, RefusedDrafts] = Field(default_factory=dict)


def profile_topics(counts: Sequence[TopicCount], topics: Sequence[TopicInfo]) -> dict[str, TopicProfile]:
    """A profile for every topic that is declared or has records; declared ones first."""
    described = {topic.name for topic in topics if topic.description.strip()}
    profiles = {
        topic.name: TopicProfile(topic=topic.name, has_description=topic.name in described)
        for topic in topics
    }
    for count in counts:
        if count.topic is not None:
            profiles[count.topic] = TopicProfile(
                topic=count.topic,
                records=count.records,
                usable_seeds=count.usable,
                multi_turn=count.multi_turn,
                uses_tools=count.uses_tools,
                has_description=count.topic in described,
            )
    return profiles


def choose_strategy(profile: TopicProfile) -> tuple[StrategyName, str]:
    """The strategy that suits the topic's own records and can use them, and why, in a sentence or two.

    One that brought nothing lately comes after the others. Where none can use the records, it is the one that would
    suit them: whoever asks for it is told what is missing.
    """
    suiting = list(_suiting(profile))
    usable = [one for one in suiting if one[0] not in profile.unusable] or suiting[:1]
    chosen, why = next((one for one in usable if one[0] not in profile.refused), usable[0])
    return chosen, f"{why} {passed_over(profile)}".strip()


def passed_over(profile: TopicProfile) -> str:
    """Which strategies that suit the topic brought nothing lately, and what comes instead; empty for none."""
    usable = [name for name, _ in _suiting(profile) if name not in profile.unusable]
    left = next((name for name in usable if name not in profile.refused), None)
    before = list(dict.fromkeys(usable[: usable.index(left)] if left else usable))
    if not before:
        return ""
    named = [
        f"{STRATEGIES[name].title} ({drafts.number} of {drafts.number} drafts refused, most by {drafts.check})"
        for name in before
        for drafts in [profile.refused[name]]
    ]
    said = f"For '{profile.topic}' {' and '.join(named)} brought nothing lately"
    if left is not None:
        return f"{said}, so {STRATEGIES[left].title} is next."
    causes = "; ".join(dict.fromkeys(profile.refused[name].cause for name in before))
    return f"{said}, and no other strategy suits it: {causes}."


def warned_of(profile: TopicProfile, strategy: StrategyName) -> str:
    """That a strategy which a person named brought nothing lately, and what suits the topic instead."""
    drafts, instead = profile.refused[strategy], choose_strategy(profile)[0]
    said = (
        f"For '{profile.topic}' {STRATEGIES[strategy].title} brought nothing lately "
        f"({drafts.number} of {drafts.number} drafts refused, most by {drafts.check})"
    )
    if instead in profile.refused:
        return f"{said}: {drafts.cause}."
    return f"{said}; {STRATEGIES[instead].title} may do better."


def _suiting(profile: TopicProfile) -> Iterator[tuple[StrategyName, str]]:
    records, seeds = profile.records, profile.usable_seeds
    if seeds == 0:
        having = "no records" if records == 0 else f"none of its {records} records usable as an example"
        yield (
            "topic_description",
            f"The topic has {having}, so its description is all there is to go by.",
        )
        return
    varied = (
        f"{_part(profile.multi_turn, records).capitalize()} are conversations with several user "
        "messages, so the last one can be varied."
    )
    if 2 * profile.uses_tools >= records:
        yield "tool_chain", f"The assistant calls tools in {_part(profile.uses_tools, records)}."
    if 2 * profile.multi_turn > records:
        yield "message_variation", varied
    if seeds >= FEW_SHOT_SEEDS:
        yield (
            "few_shot",
            f"Most of its {records} records are single exchanges, and {seeds} of them can serve as examples.",
        )
    else:
        yield (
            "scenario_expansion",
            f"Only {seeds} of its records can serve as {'an example' if seeds == 1 else 'examples'}: too few "
            "to show the model a pattern, enough to expand into other situations.",
        )
    if profile.multi_turn:
        yield "message_variation", varied
    if seeds >= FEW_SHOT_SEEDS:
        yield "scenario_expansion", "Its records can be carried into other situations."
    if profile.has_description:
        yield "topic_description", "It has a description to write from."


def explain_strategy(name: str) -> str:
    """What a strategy does, for a person who is choosing.

    Raises:
        InvalidInput: there is no such strategy.
    """
    guide = STRATEGIES[require_strategy(name)]
    return f"{guide.title} (best for: {guide.best_for.lower()}). {guide.description}. {guide.details}"


def require_strategy(name: str) -> StrategyName:
    """The name as a strategy's name.

    Raises:
        InvalidInput: there is no such strategy.
    """
    for known in get_args(StrategyName):
        if name == known:
            return STRATEGIES[known].name
    raise InvalidInput(f"There is no strategy '{name}'.", hint=f"Choose one of: {', '.join(STRATEGIES)}.")


def _part(some: int, records: int) -> str:
    if records == 1:
        return "its only record"
    return f"all of its {records} records" if some == records else f"{some} of its {records} records"
