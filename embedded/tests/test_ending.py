"""make and the terminal send `up` several signals at once: it ends once and prints no traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

BOTH_AT_ONCE = """
import os, signal
from embedded.up import command
with command._interrupted_by_signals():
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, command.ENDING)
        for number in command.ENDING:
            os.kill(os.getpid(), number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, command.ENDING)
    except KeyboardInterrupt:
        os.kill(os.getpid(), signal.SIGTERM)  # the end is not cut short
        print("ended")
"""


@pytest.mark.process
def test_several_signals_at_once_are_one_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BOTH_AT_ONCE], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("ended\n", "")
