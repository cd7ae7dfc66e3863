"""A worker for the tests of several processes: carries an approved item out, or on, and may be killed at any moment.

Usage: working.py ORDER, as `test_several_processes.Worker` writes it. It prints ``accepted N`` as it goes, and the
tool's answer at its end.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.checks.check_settings import CheckSettings
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

order: dict[str, Any] = json.loads(sys.argv[1])
services = Services(
    Settings(
        home=Path(order["home"]),
        database_url=order["database"],
        openai_base_url=order["endpoint"],
        openai_api_key=order["key"],
        model="mock-model",
        model_profile="small",
        embedding_model="wordllama",
        max_concurrency=order["places"],
        checks=CheckSettings(semantic=False),
        verifier_share=0,
    )
)


def tell(progress: Progress) -> None:
    sys.stdout.write(f"accepted {progress.accepted}\n")
    sys.stdout.flush()


answer = asyncio.run(run_approved_item(services, order["approval"], order["number"], on_progress=tell))
sys.stdout.write(json.dumps(answer) + "\n")
services.close()
