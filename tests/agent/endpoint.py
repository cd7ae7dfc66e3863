"""An endpoint on the loopback that writes believable support conversations."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from ..graph.writer import asks_for_record, whole_answer
from ..mock_openai.server import Answer, Fault, MockOpenAI
from ..readings import READS, TRANSLATES, endpoint_reading

_TEXTS = """
The upload bar freezes at 40 percent whenever I add a video.
Pause the upload, clear its queue and add the video again on a cable connection.

Search finds none of my scanned receipts any more.
The search index was reset; open Settings and choose Rebuild index, then wait an hour.

My camera stopped sending motion alerts since Tuesday.
Restart the camera by holding its button for ten seconds, then switch alerts on again.

The desktop app crashes as soon as I open a shared album.
Install version 8.2, which fixes this crash, and start the app with the album cache cleared.

Photos show up twice after the phone and tablet synced.
Two devices kept their own copy; run Find duplicates under Tools and keep the newer one.

The website shows a blank page in Firefox but not in Chrome.
An extension blocks our scripts; allow the site in it, or open it in a private window.

Downloads arrive as zip files that cannot be opened.
The archive was cut off at two gigabytes; download the folders one at a time.

Notifications appear hours late on my watch.
Battery saving delays them; exclude the app from it in the watch's power settings.

Every night the sync drains my laptop battery to zero.
Limit syncing to when it is plugged in, under Settings, Sync, Power.

The app asks me to reconnect the camera again and again.
Its network address changes; reserve one for it in your router and pair it once more.

Thumbnails stay grey for pictures older than last year.
They are being built again after the move; leave the app open overnight.

Playback of recordings stutters even on fast wifi.
Lower the camera's bit rate to medium and move it nearer to the router.

I get error 5031 when I rename a folder with an ampersand.
Names with that sign fail for now; use the word and until the next release.

The Linux client no longer starts after the kernel update.
Rebuild its module with the repair command, then log in again.

Voice search hears nothing although the microphone works elsewhere.
Give the app access to the microphone again under Privacy, then restart it.

Offline files vanish from my phone after a few days.
They expire after seven days without contact; raise that limit under Storage.

The map view puts all my pictures in the ocean.
Your camera writes a wrong location; switch on Correct coordinates in the import.

Printing from the app gives empty sheets.
Export the picture as PDF and print that; a fix for direct printing is on its way.

Two-finger zoom jumps back to the first page of a document.
Turn off Fit to width in the viewer; the zoom level then stays.

The backup says complete but half of the folders are missing.
Folders on network drives are skipped; add them by hand under Sources.

Live view is upside down since I mounted it on the ceiling.
Choose Rotate by 180 degrees in the image settings of the device.

Sharing links open the wrong album for my colleagues.
The old links are cached; create new ones and send those instead.

The editor loses my crop when I switch to another filter.
Apply the crop first with the tick mark, then choose the filter.

Dark mode makes the calendar text unreadable.
Pick the high contrast theme until the colours are mended in the next version.
"""
TEXTS = [tuple(pair.splitlines()) for pair in _TEXTS.strip().split("\n\n")]
"""Pairs of what a user says and the assistant replies."""

_BEFORE = [
    "Same thing over here,",
    "My colleague and I both noticed it:",
    "Since Monday morning",
    "No luck either.",
]
_AFTER = [
    "I have tried it on a second computer with a cable, and nothing at all is different there.",
    "Restarting everything twice did not help, and neither did waiting for the whole weekend.",
    "My neighbour says that hers behaves, so I wonder what makes mine so special and stubborn.",
    "It has been like this for days now, and my customers are beginning to ask where their things are.",
    "Please go slowly, since I am not good with such machines and my grandson is away this month.",
    "Before the last holidays it was fine, and I did not touch a single option in the meantime.",
    "I am writing from the train, so the answer may take me a while to try out at home tonight.",
]
_CASE = re.compile(r"^Text: (\".*\")$", re.MULTILINE)


class Endpoint(MockOpenAI):
    """The endpoint of one test.

    Attributes:
        refuse: from this many calls for a record on, the key is refused.
        is_useless: whether it answers with what no check lets through.
        useless_after: from so many calls on, it does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.refuse: int | None = None
        self.is_useless = False
        self.useless_after: int | None = None
        self.reply = self._write
        self._texts = itertools.cycle(TEXTS)
        self._written = 0

    @property
    def calls(self) -> int:
        """How many calls the records took."""
        return len(self._systems())

    def _systems(self) -> list[str]:
        begins = (str(body["messages"][0]["content"]) for body in self.chats())
        return [system for system in begins if not system.startswith((READS, TRANSLATES))]

    @property
    def environment(self) -> dict[str, str]:
        """Settings that point a process at this server, two calls at a time."""
        return {**super().environment, "FINETUNE_COVERAGE_MAX_CONCURRENCY": "2"}

    def _write(self, request: dict[str, Any]) -> Answer:
        """A variation of the case in the prompt if there is one, or new conversations."""
        if (read := endpoint_reading(request)) is not None:
            return read
        number = sum(map(asks_for_record, self._systems()))
        if self.refuse is not None and number >= self.refuse:
            return Fault(401, message="wrong key", code="invalid_api_key")
        if self.is_useless or (self.useless_after is not None and number > self.useless_after):
            return json.dumps({"user": "?", "assistant": "As an AI language model, I cannot."})
        system, task = (str(request["messages"][at]["content"]) for at in (0, -1))
        if (whole := whole_answer(system, task, self._next_exchange)) is not None:
            return whole
        case = _CASE.search(request["messages"][-1]["content"])
        if case is None:
            pairs = [next(self._texts) for _ in range(_exchanges_wanted(request))]
            return json.dumps({"exchanges": [{"user": user, "assistant": reply} for user, reply in pairs]})
        text = json.loads(case.group(1))
        if "assistant" in request["response_format"]["json_schema"]["schema"]["properties"]:
            return json.dumps({"assistant": f"{text} Tell me how it went, please."})
        before = _BEFORE[number % len(_BEFORE)]
        first, last = (_AFTER[index % len(_AFTER)] for index in (number, number + number // len(_AFTER) + 3))
        return json.dumps({"user": f"{first} {before} {text} {last}"})

    def _next_exchange(self) -> tuple[str, str]:
        """The next of the texts; from the second lap on each is told at more length, and differently."""
        user, reply = next(self._texts)
        lap, number = divmod(self._written, len(TEXTS))
        self._written += 1
        if not lap:
            return user, reply
        before = _BEFORE[number % len(_BEFORE)]
        first, last = (
            _AFTER[index % len(_AFTER)] for index in (number, number + lap + number // len(_AFTER) + 2)
        )
        return f"{first} {before} {user} {last}", f"{reply} Tell me how it went, please."


def _exchanges_wanted(request: dict[str, Any]) -> int:
    """How many exchanges the request's JSON Schema asks for."""
    found = re.search(r'"minItems": (\d+)', json.dumps(request))
    return int(found.group(1)) if found else 1
