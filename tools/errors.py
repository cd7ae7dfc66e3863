"""The errors that this package raises, as one tree.

CoverageError                     root; carries ``code``, ``message`` and ``hint``
├── WorkflowNotFound              no workflow has this id
├── TopicNotFound                 the workflow has no such topic
├── InvalidInput                  a value that cannot be used, said before anything is written
│   └── StoreUnreachable          the store's server is not there, or broke the connection
├── ApprovalRequired              no unused approval covers exactly this generation
├── BudgetExceeded                the next model call could pass the cap
├── EndpointError                 the model endpoint refused or failed for good
├── Busy                          another process is doing this already
└── InternalError                 anything unexpected, wrapped so that no traceback reaches a person
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from .text.whole_characters import whole_characters


class ErrorCode(StrEnum):
    """What went wrong, for programs. The values are part of the tools' contract."""

    WORKFLOW_NOT_FOUND = "workflow_not_found"
    TOPIC_NOT_FOUND = "topic_not_found"
    INVALID_INPUT = "invalid_input"
    APPROVAL_REQUIRED = "approval_required"
    BUDGET_EXCEEDED = "budget_exceeded"
    ENDPOINT_ERROR = "endpoint_error"
    BUSY = "busy"
    INTERNAL = "internal"


class CoverageError(Exception):
    """Root of every error that this package raises on purpose.

    Attributes:
        code: what went wrong, for programs.
        message: what went wrong, for a person: what, where.
        hint: what the person can do about it.
    """

    code = ErrorCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = whole_characters(message)  # it may quote a dataset or an endpoint
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def to_failure(self) -> dict[str, Any]:
        """The failure document of a tool: ``{"success": false, "error": {...}}``."""
        return {
            "success": False,
            "error": {"code": self.code.value, "message": self.message, "hint": self.hint},
        }


class WorkflowNotFound(CoverageError):
    """No workflow has this id."""

    code = ErrorCode.WORKFLOW_NOT_FOUND


class TopicNotFound(CoverageError):
    """The workflow has no such topic."""

    code = ErrorCode.TOPIC_NOT_FOUND


class InvalidInput(CoverageError):
    """A value that cannot be used; nothing has been written."""

    code = ErrorCode.INVALID_INPUT


class StoreUnreachable(InvalidInput):
    """The server of the store cannot be reached, or broke the connection: it may be back soon, or never was there."""


class ApprovalRequired(CoverageError):
    """No unused approval covers exactly this topic, count and strategy."""

    code = ErrorCode.APPROVAL_REQUIRED


class BudgetExceeded(CoverageError):
    """The next model call could pass the cap that was set."""

    code = ErrorCode.BUDGET_EXCEEDED


class EndpointError(CoverageError):
    """The model endpoint refused or failed for good (key, model name, context length, unreachable)."""

    code = ErrorCode.ENDPOINT_ERROR


class Busy(CoverageError):
    """Another process is doing this already."""

    code = ErrorCode.BUSY


class InternalError(CoverageError):
    """Something unexpected, wrapped so that no traceback reaches a person."""

    code = ErrorCode.INTERNAL
