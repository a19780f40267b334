"""Ending what an earlier start left running because it was killed before it could."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psutil

PATIENCE_SECONDS = 30.0  # supervisord sees its parent gone and ends all by itself; then we do
SAME_START_SECONDS = 1.0  # two readings of one process's start time differ by less


def record(pids: list[int]) -> list[list[float]]:
    """Each process as [pid, start time], which names it for good: numbers are used again."""
    found = []
    for pid in pids:
        try:
            found.append([pid, psutil.Process(pid).create_time()])
        except psutil.Error:
            continue
    return found


def end(recorded: list[Any]) -> list[int]:
    """End those of the recorded processes that still run, children included; return their pids."""
    processes = [process for entry in recorded if (process := _find(entry))]
    if not processes:
        return []
    deadline = time.monotonic() + PATIENCE_SECONDS
    supervisor = processes[0]
    if "embedded.supervised" in _command(supervisor):
        psutil.wait_procs([supervisor], timeout=PATIENCE_SECONDS)
    for process in processes:
        _signal(process, "terminate")
    remaining = max(1.0, deadline - time.monotonic())
    _, alive = psutil.wait_procs(processes, timeout=remaining)
    for process in alive:
        _signal(process, "kill")
    psutil.wait_procs(alive, timeout=5)
    return [process.pid for process in processes]


def _find(entry: Any) -> psutil.Process | None:
    try:
        pid, started = int(entry[0]), float(entry[1])
        process = psutil.Process(pid)
        if abs(process.create_time() - started) < SAME_START_SECONDS:
            return process
    except (psutil.Error, TypeError, ValueError, IndexError, KeyError):
        pass
    return None


def _command(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return command


def _signal(process: psutil.Process, method: str) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        getattr(process, method)()
