"""What `finetune_coverage` offers by name. A change here is a change for everyone who imports it."""

from __future__ import annotations

import json
import subprocess
import sys

import finetune_coverage
import pytest

NAMES = [
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


def test_the_exported_names() -> None:
    assert finetune_coverage.__all__ == NAMES
    assert set(NAMES) <= set(dir(finetune_coverage))


def test_every_name_can_be_imported() -> None:
    for name in NAMES:
        value = getattr(finetune_coverage, name)
        assert value.__name__ == name
        assert value.__module__.startswith("finetune_coverage."), name
        assert value.__doc__, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'approve'"):
        finetune_coverage.approve  # noqa: B018


def test_importing_the_package_loads_nothing_but_itself() -> None:
    code = (
        "import sys, json; before = set(sys.modules); import finetune_coverage; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(ran.stdout)}
    assert "finetune_coverage" in loaded
    assert {name for name in loaded if name not in sys.stdlib_module_names} == {"finetune_coverage"}
