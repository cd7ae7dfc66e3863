"""Schema-Guided Dialogue: ``{"turns": [{"speaker": "SYSTEM", "utterance": …, "frames": [{"service_call": …}]}]}``.

The system is the assistant. What it called, and what came of that, stands in the frames of the turn that goes by it.
Layout: https://github.com/google-research-datasets/dstc8-schema-guided-dialogue.
"""

from __future__ import annotations

from typing import Any

from ..refusal import Refused, kind_of, shown
from ..turns.conversation import body_of_turns

Source = dict[str, Any]
NAME = "sgd"
_ROLES = {"USER": "user", "SYSTEM": "assistant"}


def recognise(source: Source) -> str | None:
    """What makes a record a schema-guided dialogue; ``None`` when it is not."""
    turns = source.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        return None
    are_known = all(_role(turn) and isinstance(turn.get("frames"), list) for turn in turns)
    return "`turns` with `frames`" if are_known else None


def to_chat(source: Source) -> Source:
    """The body of a dialogue, with the turns as they were beside it; raises `Refused`."""
    turns: list[Source] = []
    for number, turn in enumerate(source.get("turns") or (), start=1):
        role = _role(turn) if isinstance(turn, dict) else None
        if role is None:
            said = shown(turn.get("speaker")) if isinstance(turn, dict) else kind_of(turn)
            raise Refused("bad_message", f"turn {number} is neither of USER nor of SYSTEM, but {said}")
        frames = turn.get("frames")
        for frame in frames if isinstance(frames, list) else ():
            call = frame.get("service_call") if isinstance(frame, dict) else None
            if isinstance(call, dict):
                turns += _exchange(call, frame.get("service_results"))
        turns.append({"role": role, "content": turn.get("utterance")})
    return body_of_turns(NAME, source, turns, {"turns"}, extra={"turns": source.get("turns")})


def _role(turn: Source) -> str | None:
    speaker = turn.get("speaker")
    return _ROLES.get(speaker) if isinstance(speaker, str) else None


def _exchange(call: Source, results: Any) -> list[Source]:
    part = {"type": "tool_call", "name": call.get("method"), "arguments": call.get("parameters") or {}}
    called = {"role": "assistant", "content": [part]}
    if results is None:
        return [called]
    result = {"type": "tool_result", "name": call.get("method"), "content": results}
    return [called, {"role": "tool", "content": [result]}]
