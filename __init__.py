"""Finetune Coverage: makes fine-tuning datasets balanced.

The public face. Names are imported when they are first used, so that importing the package costs nothing:

    from finetune_coverage import Services, build_graph

    coverage_and_generation = build_graph(Services.from_settings())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .graph.build import build_graph
    from .tools.analyze_coverage import analyze_coverage, analyze_coverage_tool
    from .tools.coverage.recommendation import PlanItem
    from .tools.coverage.report import Coverage
    from .tools.dataset.exporter import export_records
    from .tools.dataset.importer import import_files
    from .tools.dataset.record import Record
    from .tools.errors import (
        ApprovalRequired,
        BudgetExceeded,
        Busy,
        CoverageError,
        EndpointError,
        ErrorCode,
        InternalError,
        InvalidInput,
        TopicNotFound,
        WorkflowNotFound,
    )
    from .tools.generate_synthetic_data import (
        generate_synthetic_data,
        generate_synthetic_data_tool,
        run_approved_item,
    )
    from .tools.generation.approvals.approval import Approval, approve_plan
    from .tools.generation.approvals.plans import Plan, decline_plan, list_plans, propose_plan
    from .tools.models.scripted import ScriptedChatModel
    from .tools.services import Services
    from .tools.settings import Settings
    from .tools.store.store import Store
    from .tools.store.workflows import TopicInfo, create_workflow, set_topics
    from .tools.validate_dataset import validate_dataset, validate_dataset_tool

__all__ = [
    "Approval",
    "ApprovalRequired",
    "BudgetExceeded",
    "Busy",
    "Coverage",
    "CoverageError",
    "EndpointError",
    "ErrorCode",
    "InternalError",
    "InvalidInput",
    "Plan",
    "PlanItem",
    "Record",
    "ScriptedChatModel",
    "Services",
    "Settings",
    "Store",
    "TopicInfo",
    "TopicNotFound",
    "WorkflowNotFound",
    "analyze_coverage",
    "analyze_coverage_tool",
    "approve_plan",
    "build_graph",
    "create_workflow",
    "decline_plan",
    "export_records",
    "generate_synthetic_data",
    "generate_synthetic_data_tool",
    "import_files",
    "list_plans",
    "propose_plan",
    "run_approved_item",
    "set_topics",
    "validate_dataset",
    "validate_dataset_tool",
]

_HOMES = {
    "graph.build": ("build_graph",),
    "tools.analyze_coverage": ("analyze_coverage", "analyze_coverage_tool"),
    "tools.coverage.recommendation": ("PlanItem",),
    "tools.coverage.report": ("Coverage",),
    "tools.dataset.exporter": ("export_records",),
    "tools.dataset.importer": ("import_files",),
    "tools.dataset.record": ("Record",),
    "tools.store.store": ("Store",),
    "tools.store.workflows": ("TopicInfo", "create_workflow", "set_topics"),
    "tools.errors": (
        "ApprovalRequired",
        "BudgetExceeded",
        "Busy",
        "CoverageError",
        "EndpointError",
        "ErrorCode",
        "InternalError",
        "InvalidInput",
        "TopicNotFound",
        "WorkflowNotFound",
    ),
    "tools.generate_synthetic_data": (
        "generate_synthetic_data",
        "generate_synthetic_data_tool",
        "run_approved_item",
    ),
    "tools.generation.approvals.approval": ("Approval", "approve_plan"),
    "tools.generation.approvals.plans": ("Plan", "decline_plan", "list_plans", "propose_plan"),
    "tools.models.scripted": ("ScriptedChatModel",),
    "tools.services": ("Services",),
    "tools.settings": ("Settings",),
    "tools.validate_dataset": ("validate_dataset", "validate_dataset_tool"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value  # asked once; later uses do not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
