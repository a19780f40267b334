"""What keeps `make run` small: checked where it comes from, for a day is too long for a test."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.process
def test_up_lives_without_django() -> None:
    said = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys, embedded.up.command; print('django' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == "False\n"
