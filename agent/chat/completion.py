"""What Tab completes in the conversation: slash commands, and names of topics and strategies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from ..views.topic_name import shown_name
from .slash_commands import COMMANDS, EXPORT

_MENU_CELLS = 50
_SPACED = str.maketrans("_-", "  ")
_UNSPACED_FROM = "\u2e80"
"""From here on are scripts that put no space between words."""


class ChatCompleter(Completer):
    """Completes the command at the beginning of a line, or the name whose beginning was typed last.

    Args:
        names: what can be named at present; asked for at each completion.
    """

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        self._names = names
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The completions of what stands before the cursor."""
        typed = document.text_before_cursor
        command, space, path = typed.partition(" ")
        if command == EXPORT and space:
            yield from self._paths.get_completions(Document(path), complete_event)
        elif typed.startswith("/"):
            for name, (argument, does) in COMMANDS.items():
                if name.startswith(typed):
                    shown = f"{name} {argument}".rstrip()
                    yield Completion(name, -len(typed), display=shown, display_meta=does)
        else:
            yield from self._named(typed)

    def _named(self, typed: str) -> Iterator[Completion]:
        """The names that begin with the end of what was typed, with the longest such end."""
        names = {name: _plain(name) for name in self._names()}
        for start in _starts(typed):
            end = _plain(typed[start:])
            found = [name for name, plain in names.items() if plain.startswith(end)]
            if found:
                yield from (
                    Completion(name, start - len(typed), display=shown_name(name, _MENU_CELLS))
                    for name in found
                )
                return


def _starts(typed: str) -> Iterator[int]:
    """Where a name may begin: at the beginning of a word, or anywhere in a script that has none."""
    for place, character in enumerate(typed):
        begins = place == 0 or not (character.isalnum() and typed[place - 1].isalnum())
        if character.isalnum() and (begins or character >= _UNSPACED_FROM):
            yield place


def _plain(name: str) -> str:
    return name.casefold().translate(_SPACED)
