"""The manifests fit the schemas of Kubernetes, and name what is there. No cluster has run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from ..packaging.test_named_in_docs import is_setting
from ..packaging.test_readme import known_commands

MANIFESTS = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes.yaml"


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(MANIFESTS.read_text(encoding="utf-8")))


def test_each_fits_its_schema(manifests: list[dict[str, Any]]) -> None:
    assert len(manifests) == 6
    newest = kubernetes_validate.latest_version()
    for manifest in manifests:
        kubernetes_validate.validate(manifest, newest, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**manifests[2], "spec": {"replica": 2}}, newest, strict=True)


def test_what_they_name_is_there(manifests: list[dict[str, Any]]) -> None:
    settings, claim, worker, chroma, service, policy = manifests
    names = settings["data"]
    assert all(is_setting(name.removeprefix("FINETUNE_COVERAGE_")) for name in names)
    pods = {part["metadata"]["name"]: part["spec"]["template"]["spec"] for part in (worker, chroma)}
    for name, pod in pods.items():
        (container,) = pod["containers"]
        (mount,) = container["volumeMounts"]
        assert mount["mountPath"] in (names["FINETUNE_COVERAGE_HOME"], "/chroma"), name
        assert pod["securityContext"]["runAsUser"] == 10001
    (container,) = pods["finetune-coverage-worker"]["containers"]
    program, command, *_ = container["args"]
    assert program == "finetune-coverage" and (command,) in known_commands()
    (volume,) = pods["finetune-coverage-worker"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    (port,) = service["spec"]["ports"]
    host = service["metadata"]["name"]
    assert names["FINETUNE_COVERAGE_CHROMA_URL"] == f"http://{host}:{port['port']}"
    labels = chroma["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == policy["spec"]["podSelector"]["matchLabels"] == labels
    assert "--uid 10001" in MANIFESTS.with_name("Containerfile").read_text(encoding="utf-8")
