"""pytest rewrites the assertions of each test file and keeps what comes of it beside the file. In a
fresh clone each worker would rewrite all of them, for all collect at the same time: four seconds of
processor time each. So each begins with its share, and finds those of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from _pytest.assertion.rewrite import assertstate_key


def rewrite_share(config: pytest.Config, workers: int, worker: int) -> int:
    """Of the test files in the folders that are collected. How many of them had to be."""
    folders = [folder for name in config.args if (folder := config.rootpath / name).is_dir()]
    files = [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]
    return sum(map(_rewrite, files[worker::workers], [config] * len(files)))


def _rewrite(path: Path, config: pytest.Config) -> bool:
    folder = rewrite.get_cache_dir(path)
    kept = folder / f"{path.stem}{rewrite.PYC_TAIL}"
    if kept.exists():  # pytest looks whether it is of this content
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found, code = rewrite._rewrite_test(path, config)
    except (OSError, SyntaxError):  # a folder that is only read, or what pytest tells
        return False
    return rewrite._write_pyc(config.stash[assertstate_key], code, found, kept)


def pytest_sessionstart(session: pytest.Session) -> None:
    if name := os.environ.get("PYTEST_XDIST_WORKER"):
        workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
        rewrite_share(session.config, workers, int(name.removeprefix("gw")))
