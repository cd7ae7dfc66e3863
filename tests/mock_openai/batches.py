"""The Batch API of the mock endpoint: files and batches, answered by the same ``reply`` as ordinary requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

Answer = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
"""From the body of a chat request to status and body of its answer."""


@dataclass
class Batches:
    """What was uploaded and asked for.

    Attributes:
        looks: how often a batch says "in_progress" before it is completed.
        fails: whether the next batch fails as a whole.
    """

    looks: int = 1
    fails: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    looked: dict[str, int] = field(default_factory=dict)

    def get(self, path: str, answer: Answer) -> tuple[int, bytes]:
        """GET of a file's content, a batch, or all batches."""
        parts = path.partition("/v1/")[2].partition("?")[0].split("/")
        if parts[0] == "files":
            return 200, self.files[parts[1]]
        if len(parts) == 1:
            page = {"object": "list", "data": list(self.batches.values())[::-1], "has_more": False}
            return 200, json.dumps(page).encode()
        batch = self.batches[parts[1]]
        self.looked[parts[1]] += 1
        if batch["status"] == "in_progress" and self.looked[parts[1]] > self.looks:
            self._complete(batch, answer)
        return 200, json.dumps(batch).encode()

    def post(self, path: str, content_type: str, content: bytes) -> tuple[int, bytes]:
        """POST of a file, a new batch, or a cancellation."""
        if path.endswith("/files"):
            name = f"file-{len(self.files)}"
            self.files[name] = _uploaded(content_type, content)
            file = {
                "id": name,
                "object": "file",
                "bytes": 1,
                "created_at": 0,
                "filename": "f",
                "purpose": "batch",
            }
            return 200, json.dumps({**file, "status": "processed"}).encode()
        if path.endswith("/cancel"):
            batch = self.batches[path.split("/")[-2]]
            batch["status"] = "cancelled"
            return 200, json.dumps(batch).encode()
        asked = json.loads(content)
        name = f"batch-{len(self.batches)}"
        total = len(self.files[asked["input_file_id"]].splitlines())
        batch = {
            "id": name,
            "object": "batch",
            "endpoint": asked["endpoint"],
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "metadata": asked.get("metadata"),
            "status": "in_progress",
            "created_at": 0,
            "request_counts": {"total": total, "completed": 0, "failed": 0},
        }
        if self.fails:
            self.fails = False
            batch |= {"status": "failed", "errors": {"object": "list", "data": [{"message": "token limit"}]}}
        self.batches[name], self.looked[name] = batch, 0
        return 200, json.dumps(batch).encode()

    def _complete(self, batch: dict[str, Any], answer: Answer) -> None:
        good, bad = [], []
        for line in self.files[batch["input_file_id"]].splitlines():
            request = json.loads(line)
            status, body = answer(request["body"])
            entry = {"custom_id": request["custom_id"], "response": {"status_code": status, "body": body}}
            (good if status == 200 else bad).append(json.dumps(entry))
        batch["status"] = "completed"
        batch["request_counts"] = {"total": len(good + bad), "completed": len(good), "failed": len(bad)}
        for key, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                batch[key] = f"{key}-{batch['id']}"
                self.files[batch[key]] = "\n".join(lines).encode()


def _uploaded(content_type: str, content: bytes) -> bytes:
    """The file in a multipart form."""
    form = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content)
    payloads = [
        part.get_payload(decode=True)
        for part in form.walk()
        if part.get_filename() and not part.is_multipart()
    ]
    assert isinstance(payloads[0], bytes)
    return payloads[0]
