"""The programs that the test that runs has started (`tests.tiers`)."""

from __future__ import annotations

import os
import subprocess
from typing import Any

# What the standard library runs to find a shared library; over in a moment.
FINDING_LIBRARIES = {"/sbin/ldconfig", "/usr/bin/gcc", "ld", "objdump"}

programs: list[str] = []


def note(program: str) -> None:
    if program not in FINDING_LIBRARIES:
        programs.append(program)


def note_each() -> None:
    """From here on, whatever this process starts. An audit hook would see it as well, but the
    interpreter calls one for each file and each module, too."""
    start = subprocess.Popen.__init__

    def noted(process: Any, args: Any, *others: Any, **named: Any) -> None:
        note(os.fsdecode(args if isinstance(args, (str, bytes, os.PathLike)) else args[0]))
        start(process, args, *others, **named)

    subprocess.Popen.__init__ = noted  # type: ignore[method-assign]
