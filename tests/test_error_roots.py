"""An app that defines several errors has one root for them, so that a caller can tell ours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bridge.errors import BridgeError
from telemetry.errors import TelemetryError

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("root", [BridgeError, TelemetryError])
def test_every_error_of_the_app_has_its_root(root: type[Exception]) -> None:
    app = root.__module__.split(".")[0]
    rootless = []
    for path in (ROOT / app).rglob("*.py"):
        if {"tests", "migrations"} & set(path.parts) or path.name == "errors.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            bases = [ast.unparse(base) for base in getattr(node, "bases", ())]
            if isinstance(node, ast.ClassDef) and {"Exception", "BaseException"} & set(bases):
                rootless.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert rootless == []
