"""Our own programs, each run in a fork of supervisord, which has imported what they share.

Each needs the same two thousand modules. Started anew, each spends a second and more of processor
time on them and keeps 45 MB of its own; a fork has them at once, and shares the memory of what it
does not change. `load` opens nothing and starts no thread: a fork has neither.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import os
import runpy
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from embedded.absent import OF_REST, absent

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
# The simulator shares too little with the others.
COMMANDS = {"runbridge", "runengine"}  # of manage.py
MODULES = {"daphne"}  # run with -m
# What at least two of them need: what one alone needs it would copy as it uses it.
SHARED = (
    "telemetry.management.commands.runengine",
    "bridge.management.commands.runbridge",
    "channels_redis.pubsub",
)
NAME_BYTES = 15  # of a process, as the kernel keeps it
ARGUMENTS = 45, 47  # fields of /proc/self/stat after the name: where the arguments are in memory

_loaded = False


def is_ours(command: list[str]) -> bool:
    """Whether the command is of a program that is run in a fork."""
    if sys.platform != "linux" or len(command) < 3 or command[0] != sys.executable:
        return False
    _, first, second, *_ = command
    return (first == str(MANAGE) and second in COMMANDS) or (first == "-m" and second in MODULES)


def load() -> bool:
    """Import what the programs share, the first time; whether it is there.

    Raises whatever an import raises: the programs then have to be started as any other.
    """
    global _loaded  # noqa: PLW0603 (of the process)
    if not _loaded:
        gc.disable()  # nothing of it goes
        try:
            with absent(*OF_REST):
                importlib.import_module("django").setup()
                for name in SHARED:
                    importlib.import_module(name)
            gc.collect()
            gc.freeze()  # a collection would write to every object, and so copy it into each fork
            _loaded = True
        finally:
            gc.enable()
    return _loaded


def run(command: list[str], environment: dict[str, str]) -> NoReturn:
    """In a fork: be that program until it ends, and end as it would.

    The frames of the parent stay below us, and with them its files, whose numbers are ours by now:
    nothing of it may be collected, so the end is `os._exit`, after what Python does before.
    """
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    os.environ.update(environment)
    _entitle(command, os.environ.get("SUPERVISOR_PROCESS_NAME", command[1]))
    status = _status_of(command)
    threading._shutdown()  # type: ignore[attr-defined]  # waits for its threads
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(status)


def _status_of(command: list[str]) -> int:
    try:
        if command[1] == "-m":
            sys.argv = command[2:]
            runpy.run_module(command[2], run_name="__main__", alter_sys=True)
        else:
            sys.argv = command[1:]
            runpy.run_path(command[1], run_name="__main__")
    except SystemExit as exc:
        if exc.code is None or isinstance(exc.code, int):
            return (exc.code or 0) & 0xFF
        sys.stderr.write(f"{exc.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 (as Python itself: told, and a status)
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _entitle(command: list[str], name: str) -> None:
    """Let `ps` show our command, as far as that of the parent leaves room, and our name."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = map(int, fields[slice(*ARGUMENTS)])
    words = os.fsencode("\0".join(command))[: end - start - 1]
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, words, len(words))
    Path("/proc/self/comm").write_bytes(os.fsencode(name)[:NAME_BYTES])
