"""Why a synthetic record is there, as a person reads it."""

from __future__ import annotations

from typing import Any

from ..output import say


def say_origin(origin: dict[str, Any]) -> None:
    """Print what `origin_of` found: who said yes, what was drawn, measured, asked and answered."""
    yes = origin["approved"] or {}
    say(f"{origin['record']}: {origin['topic']} by {origin['strategy']}", style="bold")
    say(f"Job {origin['job']}, slot {origin['slot']}, try {origin['attempt']}, model {origin['model']}")
    say(
        f"Approved by {yes.get('approver', '?')} ({yes.get('channel', '?')}, {str(yes.get('created_at'))[:19]} UTC)"
    )
    say(f"Drawn: {', '.join(f'{key} {value}' for key, value in origin['drawn'].items()) or 'nothing'}")
    say(f"Checks passed: {', '.join(origin.get('checks') or origin['gates'])}")
    if origin.get("scores"):
        say(f"Measured: {', '.join(f'{check} {score}' for check, score in origin['scores'].items())}")
    if verifier := origin.get("verifier"):
        say(f"Judged by {verifier['model']}: {', '.join(verifier['passed'])}")
    for found in origin["verdict"]:
        say(
            f"  {found['criterion']}: {found['finding']}" + (f" “{found['quote']}”" if found["quote"] else "")
        )
    for seed, body in zip(origin["seeds"], origin["parents"], strict=True):
        say(f"Parent {seed}: {body}")
    is_same = "as it was sent" if origin["prompt_is_exact"] else "drawn again; the seeds have changed since"
    for request in origin["prompt"] or []:
        say(f"Prompt ({is_same}):", style="bold")
        for role, text in request:
            say(f"{role}: {text}")
    say("Answer:", style="bold")
    say(origin["answer"] or "not kept")
