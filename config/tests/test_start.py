"""What a process imports when it starts. Each start pays for it, and a stack is eight processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from config.checks import TAG
from embedded.up.stack import MALLOC

ROOT = Path(__file__).resolve().parents[2]
# Modules, or packages, that none needs to know the models and what to listen to.
NOT_BY_SETUP = {
    "alerts.engine",
    "apprise",
    "config.urls",
    "cryptography",
    "dashboard.urls",
    "drf_spectacular.openapi",
    "knox.auth",
    "notifications.channels",
    "notifications.sender",
    "numpy",
    "polib",
    "pyarrow",
    "rest_framework.views",
    "telemetry.api",
    "telemetry.expression",
    "telemetry.history",
    "telemetry.storage.store",
    "yaml",
}
# Rows are stored with numpy, sent by redis, which brings cryptography along.
NOT_BY_A_BRIDGE = NOT_BY_SETUP - {
    "cryptography",
    "numpy",
    "telemetry.history",
    "telemetry.storage.store",
}
# Checks of settings run in each process, and most decode nothing.
NOT_BY_CHECKS = {"bridge.decode", "cbor2", "msgspec", "numpy", "re2"}
CODE = """
import sys, django
from django.core.checks import run_checks
from django.core.management import load_command_class
django.setup()
print(*sys.modules)
run_checks(tags=["pulseboard"])
print(*sys.modules)
load_command_class("bridge", "runbridge")
print(*sys.modules)
"""


@pytest.mark.process
def test_neither_setup_nor_a_bridge_imports_what_it_does_not_use() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment["PULSEBOARD_AUTO_ADOPT"] = "tasmota"  # as `make run` has it
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    by_setup, by_checks, by_a_bridge = (set(line.split()) for line in done.stdout.splitlines())
    assert "telemetry.models" in by_setup
    assert "bridge.worker" in by_a_bridge
    assert by_setup & NOT_BY_SETUP == set()
    assert by_checks & NOT_BY_CHECKS == set()
    assert by_a_bridge & NOT_BY_A_BRIDGE == set()


# How many mappings of its own a column of 75 000 numbers has; where glibc counts them.
MAPPED = """
import ctypes
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]
mallinfo, mapped = getattr(ctypes.CDLL(None), "mallinfo2", None), 0
if mallinfo is not None:
    mallinfo.restype = Info
    before = mallinfo().d
    column = bytearray(600_000)
    mapped = mallinfo().d - before
"""


@pytest.mark.process
def test_the_web_process_loads_its_addresses_at_once_and_then_collects_what_goes() -> None:
    told = "print(gc.isenabled(), gc.get_freeze_count() > 0, mapped, *sys.modules)"
    code = f"import gc, sys, config.asgi\n{MAPPED}\n{told}\nimport requests"  # as sign-in does
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **MALLOC},
        capture_output=True,
        text=True,
        check=True,
    )
    collects, frozen, mapped, *modules = done.stdout.split()
    assert (collects, frozen, mapped) == ("True", "True", "0")
    assert "config.urls" in modules
    assert {"requests", "markdown", "pyarrow"} & set(modules) == set()


def test_no_command_imports_every_address_to_check_it() -> None:
    ours = {name: app for name, app in get_commands().items() if (ROOT / app).is_dir()}
    assert {"runbridge", "maintain", "runengine"} <= ours.keys()
    for name, app in ours.items():
        assert load_command_class(app, name).requires_system_checks == [TAG], name
