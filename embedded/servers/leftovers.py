"""Ending what an earlier start left running because it was killed before it could."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psutil

PATIENCE_SECONDS = 30.0  # supervisord sees its parent gone and ends all by itself; then we do
TERMINATE_SECONDS = 5.0  # for processes to act on a signal
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
    if "embedded.up.supervised" in _command(processes[0]):
        _wait(processes[:1], deadline)
    for process in processes:
        _signal(process, "terminate")
    _wait(processes, max(deadline, time.monotonic() + TERMINATE_SECONDS))
    for process in processes:
        _signal(process, "kill")
    _wait(processes, time.monotonic() + TERMINATE_SECONDS)
    return [process.pid for process in processes]


def is_alive(process: psutil.Process) -> bool:
    """Whether it still runs. A zombie does not: in a container perhaps nobody collects it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _wait(processes: list[psutil.Process], deadline: float) -> None:
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)


def _find(entry: Any) -> psutil.Process | None:
    try:
        pid, started = int(entry[0]), float(entry[1])
        process = psutil.Process(pid)
        if abs(process.create_time() - started) < SAME_START_SECONDS and is_alive(process):
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
