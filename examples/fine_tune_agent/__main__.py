"""Runs the parent in the terminal: ``python -m examples.fine_tune_agent DATASET [--wrapped] [--thread ID]``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from finetune_coverage import CoverageError, Services
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from langgraph.types import Command

from .parent import shared_keys, wrapped
from .steps import Steps


async def converse(arguments: argparse.Namespace) -> None:
    """Answer the agent's questions until there are none. Killed and started again, it goes on where it was."""
    services = Services.from_settings()
    config: Any = {"configurable": {"thread_id": arguments.thread}}
    embed = wrapped if arguments.wrapped else shared_keys
    async with open_checkpointer(services.settings) as checkpointer:
        parent = embed(services, Steps(services, arguments.dataset), checkpointer)
        known = await parent.aget_state(config)
        what: Any = None if known.next else {"messages": [("user", "Prepare my dataset for fine-tuning.")]}
        state: dict[str, Any] = {"__interrupt__": known.interrupts}
        while True:
            if not state["__interrupt__"]:
                # "sync" writes every step down before the next one: nothing is lost, and nothing is paid for twice.
                state = {"__interrupt__": (), **await parent.ainvoke(what, config, durability="sync")}
            if not state["__interrupt__"]:
                break
            asked, state = state["__interrupt__"][0], {"__interrupt__": ()}
            sys.stdout.write(f"\n{asked.value['action_requests'][0]['description']}\n")
            # Under the id of the question, so that the answer is one to it and to no other.
            what = Command(resume={asked.id: await asyncio.to_thread(input, "\nyou> ")})
        sys.stdout.write(f"\n{state['messages'][-1].text}\n")
    services.close()


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m examples.fine_tune_agent", description=__doc__)
    parser.add_argument(
        "dataset", type=Path, help="records with topics, such as tools/dataset/sample/*.jsonl"
    )
    parser.add_argument("--wrapped", action="store_true", help="embed by a call instead of as a node")
    parser.add_argument("--thread", default="fine-tune", help="name of the conversation")
    try:
        asyncio.run(converse(parser.parse_args()))
    except CoverageError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nStopped. Start it again to go on.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
