"""The models' runtimes get their settings, and the environment of the program around them stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LOAD = """
import os, sys
from pathlib import Path
from finetune_coverage.tools.models.embedded_server import embedded_server
from finetune_coverage.tools.models.embedding import make_embeddings
from finetune_coverage.tools.models.endpoint_errors import EmbeddedModelUnavailable
from finetune_coverage.tools.settings import Settings

before = dict(os.environ)
make_embeddings(Settings(embedding_model="embedded")).embed_query("hello")
try:
    embedded_server(Path(sys.argv[1]))
except EmbeddedModelUnavailable:
    print("not weights")
print({name: value for name, value in os.environ.items() if before.get(name) != value})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="GNU's OpenMP says what it was started with")
@pytest.mark.parametrize(
    ("own", "policy", "spins"),
    [({}, "PASSIVE", "100000"), ({"OMP_WAIT_POLICY": "active"}, "ACTIVE", "100000")],
)
def test_runtimes_get_their_settings_and_leave_none(
    tmp_path: Path, own: dict[str, str], policy: str, spins: str
) -> None:
    no_weights = tmp_path / "model.gguf"
    no_weights.write_bytes(b"GGUF of nothing")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OMP_DISPLAY_ENV": "VERBOSE", **own}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(no_weights)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["not weights", "{}"]
    assert f"OMP_WAIT_POLICY = '{policy}'" in done.stderr
    assert f"GOMP_SPINCOUNT = '{spins}'" in done.stderr
