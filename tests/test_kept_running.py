"""What is kept running for the next test ends when that test does not have it, or never comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUN = """
from contextlib import contextmanager
from pathlib import Path
import pytest
from tests.kept_running import kept

ENDED = Path("ended")

@contextmanager
def started():
    yield
    ENDED.touch()

@pytest.fixture
def thing(request):
    with kept(request, started) as running:
        yield running

@pytest.fixture
def interrupted():
    raise KeyboardInterrupt

def test_that_starts_it(thing): ...

@pytest.mark.skip
def test_that_would_have_it_next(thing): ...

def test_that_has_nothing_of_it():
    assert ENDED.exists()
    ENDED.unlink()

def test_that_starts_it_again(thing): ...

def test_that_would_have_it_again(interrupted, thing): ...
"""


@pytest.mark.process
def test_what_runs_ends_without_the_test_that_was_to_have_it_next(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(RUN)
    plugins = ["no:django", "no:xdist", "no:cacheprovider", "tests.kept_running"]
    words = [word for plugin in plugins for word in ("-p", plugin)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", *words, "test_it.py"],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "3 passed, 1 skipped" in done.stdout, done.stdout
    assert (tmp_path / "ended").exists()
