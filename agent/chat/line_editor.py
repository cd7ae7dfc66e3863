"""The line that a person types at a terminal: edited, completed, and kept for the next time."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import get_app
from prompt_toolkit.completion import Completer
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import clear_typeahead, get_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output
from prompt_toolkit.renderer import CPR_Support

from ...tools.data_folder import make_private_file, may_be_written

HISTORY = "chat-history"
"""The file in the data folder that keeps what was typed."""
_MENU_LINES = 6


class LineEditor:
    """Asks for one message at a time. A pasted text is one, however many lines it has; Enter sends it.

    Args:
        home: the data folder, for the history.
        completer: what Tab completes.
        keys, screen: in place of the terminal's, for tests.
    """

    def __init__(
        self, home: Path, completer: Completer, *, keys: Input | None = None, screen: Output | None = None
    ) -> None:
        self._session: PromptSession[str] = PromptSession(
            history=_history(home),
            completer=completer,
            complete_while_typing=False,  # a Tab that comes while it looks for some would be lost
            reserve_space_for_menu=_MENU_LINES,
            key_bindings=_bindings(),
            enable_suspend=True,
            input=keys,
            output=screen,
        )
        # Where the cursor stands is not asked for: some terminals never answer, and the answer of one that is slow
        # would be read as if it had been typed.
        self._session.app.renderer.cpr_support = CPR_Support.NOT_SUPPORTED

    def ask(self, prompt: str) -> str | None:
        """The next message; ``None`` at the end of input.

        Raises:
            KeyboardInterrupt: Ctrl-C where nothing was typed.
        """
        clear_typeahead(self._session.app.input)  # whoever did not take it: it answers nothing
        try:
            return self._session.prompt(prompt)
        except EOFError:
            return None

    def typed_ahead(self) -> str:
        """What came behind the last Enter, so before the next question could be read; it is given once."""
        return "".join(press.data for press in get_typeahead(self._session.app.input))

    def remember(self, text: str) -> None:
        """Have the arrow keys bring a text back."""
        self._session.history.append_string(text)


class _KeptHistory(FileHistory):
    """A history without which the conversation goes on: the disk may be full, or the folder gone."""

    def load_history_strings(self) -> Iterable[str]:
        try:
            return super().load_history_strings()
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        with suppress(OSError):
            super().store_string(string)


def _history(home: Path) -> History:
    try:
        return _KeptHistory(make_private_file(home / HISTORY)) if may_be_written(home) else InMemoryHistory()
    except OSError:
        return InMemoryHistory()


def _bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("c-c", filter=Condition(lambda: bool(get_app().current_buffer.text)))
    def _forget(event: KeyPressEvent) -> None:
        event.current_buffer.reset()

    @bindings.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        # Without the end of its last line: Enter is still to come.
        event.current_buffer.insert_text("\n".join(event.data.splitlines()))

    @bindings.add("escape", "enter")
    def _next_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return bindings
