"""What takes seconds to start, for all tests in a row that ask for it: a pytest plugin
(`-p tests.kept_running` in pyproject.toml).

A fixture of a session would do for a web process but not for a browser, whose event loop must not
run in this thread while a test has one of its own; and what no test asks for would still write to
the database. `tests.tiers` puts tests that ask for the same after each other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
FOLLOWING = pytest.StashKey[pytest.Item | None]()
_running: dict[str, tuple[Any, ExitStack]] = {}  # by the name of its fixture


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What this test was to use, and did not, because it was skipped or an earlier fixture failed,
    is ended here: none of its own fixtures does."""
    item.stash[FOLLOWING] = nextitem
    try:
        return (yield)
    finally:
        _end_all_but(getattr(nextitem, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """A run that is interrupted has no test after the one that expected one. Before the fixtures of
    the session end, which what runs may need."""
    _end_all_but(())


def _end_all_but(wanted: Collection[str]) -> None:
    for name in reversed([each for each in _running if each not in wanted]):
        _, exits = _running.pop(name)
        exits.close()


def is_asked_next(request: pytest.FixtureRequest) -> bool:
    """In a fixture of a function: whether the following test asks for the same fixture."""
    following = request.node.stash.get(FOLLOWING, None)
    return request.fixturename in getattr(following, "fixturenames", ())


@contextmanager
def kept(
    request: pytest.FixtureRequest,
    start: Callable[[], AbstractContextManager[T]],
    *,
    spoilt_by: Collection[str] = (),
) -> Iterator[T]:
    """For a fixture of a function: what `start` gives, started unless it runs, and ended unless the
    following test asks for the same fixture, or this one has a fixture that it is spoilt by."""
    name = str(request.fixturename)
    if name not in _running:
        with ExitStack() as started:
            running = started.enter_context(start())
            _running[name] = running, started.pop_all()
    running, exits = _running[name]
    try:
        yield running
    finally:
        if not is_asked_next(request) or not set(spoilt_by).isdisjoint(request.node.fixturenames):
            del _running[name]
            exits.close()
