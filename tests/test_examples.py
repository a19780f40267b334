"""A run of the tests may try a share of the examples (`tests.examples`), and then of each test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import ALL, QUICK, examples

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def profile() -> Iterator[Callable[[str], None]]:
    """Takes up another profile of Hypothesis until the end of the test."""
    tried = settings.get_current_profile_name()
    yield settings.load_profile
    settings.load_profile(tried)


def test_a_test_that_names_its_number_tries_the_share_of_the_run(profile) -> None:
    profile("steady")
    assert (settings().max_examples, examples(60), examples(4)) == (ALL, 60, 4)
    profile("quick")
    assert (settings().max_examples, examples(60), examples(4)) == (QUICK, 12, 1)


def test_no_test_tries_a_number_whatever_the_run() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {said}"
        for folder in ROOT.glob("*/")
        if (folder / "__init__.py").exists()
        for path in folder.rglob("test_*.py")
        for said in re.findall(r"max_examples=(?!examples\()\w+", path.read_text())
    ]
    assert not found
