"""Two tiers of tests: a pytest plugin (`-p tests.tiers` in pyproject.toml).

`make check` runs, at every save, the tests that start no process of their own; `make test` runs
all. The Postgres and the Redis of a whole run (`tests.servers`) do not count.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from itertools import islice

import pytest

from tests import started

# Fixtures that start a process: who uses one is marked `process` by itself.
STARTING = {
    "bridge",
    "broker",
    "chromium",
    "closed_broker",
    "filled_postgres",
    "iotcore",
    "mosquitto",
    "postgres_server",
    "redis_server",
    "simulate",
    "supervisor",
    "timescaledb",
    "web_process",
}

COLLECT_AFTER = 20_000  # objects; a request of a test makes thousands, which go by themselves


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "process: starts a process; not run by `make check`")
    started.note_each()


def pytest_sessionstart() -> None:
    gc.disable()  # nothing of what is collected goes: to look is a fifth of the time


def pytest_collection_finish() -> None:
    gc.enable()
    gc.freeze()  # nor does it go later
    gc.set_threshold(COLLECT_AFTER)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark before pytest deselects by mark. After all others, for pytest-django puts what needs no
    database of its own at the end, have each worker begin with its share of what has servers of its
    own: proofs of half a minute and more, for one of which the others would wait at the end; then
    of what can share a browser, and a web process (`tests.kept_running`). Every other worker takes
    the browser first: what has servers of its own often waits, what has a browser seldom does.
    One worker has all that ask for TimescaleDB, which takes longer to fill with tables than they
    take."""
    for item in items:
        if STARTING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.process)
    yield
    ordered = sorted(items, key=_place)
    items[:] = _shared_out(ordered, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _place(item: pytest.Item) -> int:
    """Where in a worker's row."""
    fixtures = getattr(item, "fixturenames", ())
    if _has_own_servers(item):
        return 0
    return 1 if "chromium" in fixtures else 2 if "web_process" in fixtures else 3


def _shared_out(ordered: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """xdist gives each worker, one after the other, as many of the tests in a row."""
    together = [item for item in ordered if "timescaledb" in getattr(item, "fixturenames", ())]
    gathered = set(together)
    others = [item for item in ordered if item not in gathered]
    long = [item for item in others if _place(item) < 3]
    rest = iter(others[len(long) :])
    found: list[pytest.Item] = []
    for worker in range(workers):
        share = (len(ordered) - len(found)) // (workers - worker)
        first = [*long[worker::workers], *(together if worker == 0 else ())]
        if worker % 2:
            first.sort(key=_has_own_servers)
        found += [*first, *islice(rest, max(0, share - len(first)))]
    return found


def _has_own_servers(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    ours = {"db", "transactional_db"}.intersection(fixtures) or item.get_closest_marker("django_db")
    return item.get_closest_marker("process") is not None and not ours


@pytest.fixture(autouse=True)
def _marked_if_it_starts_a_process(request: pytest.FixtureRequest) -> Iterator[None]:
    started.programs.clear()
    yield
    if started.programs and request.node.get_closest_marker("process") is None:
        pytest.fail(f"starts {started.programs[0]}: mark it with @pytest.mark.process")
