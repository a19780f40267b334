"""Two tiers of tests: a pytest plugin (`-p tests.tiers` in pyproject.toml).

`make check` runs, at every save, the tests that start no process of their own; `make test` runs
all. The Postgres and the Redis of a whole run (`tests.servers`) do not count.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice

import pytest

# Fixtures that start a process: who uses one is marked `process` by itself.
STARTING = {
    "bridge",
    "broker",
    "chromium",
    "filled_cluster",
    "iotcore",
    "mosquitto",
    "postgres_server",
    "postgres_template",
    "redis_server",
    "simulate",
    "supervisor",
    "timescaledb",
    "web_process",
}
# What the standard library runs to find a shared library; over in a moment.
FINDING_LIBRARIES = {"/sbin/ldconfig", "/usr/bin/gcc", "ld", "objdump"}

_started: list[str] = []  # programs this process started during the test that runs


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and str(arguments[0]) not in FINDING_LIBRARIES:
        _started.append(str(arguments[0]))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "process: starts a process; not run by `make check`")
    sys.addaudithook(_note)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark before pytest deselects by mark. After all others, for pytest-django puts what needs no
    database of its own at the end, have each worker begin with its share of what has servers of its
    own: proofs of half a minute and more, for one of which the others would wait at the end."""
    for item in items:
        if STARTING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.process)
    yield
    long = [item for item in items if _has_own_servers(item)]
    short = [item for item in items if not _has_own_servers(item)]
    items[:] = _shared_out(long, short, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _shared_out(
    long: list[pytest.Item], short: list[pytest.Item], workers: int
) -> list[pytest.Item]:
    """xdist gives each worker, one after the other, as many of the tests in a row."""
    ordered: list[pytest.Item] = []
    rest = iter(short)
    for worker in range(workers):
        share = (len(long) + len(short) - len(ordered)) // (workers - worker)
        first = long[worker::workers]
        ordered += [*first, *islice(rest, max(0, share - len(first)))]
    return ordered


def _has_own_servers(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    ours = {"db", "transactional_db"}.intersection(fixtures) or item.get_closest_marker("django_db")
    return item.get_closest_marker("process") is not None and not ours


@pytest.fixture(autouse=True)
def _marked_if_it_starts_a_process(request: pytest.FixtureRequest) -> Iterator[None]:
    _started.clear()
    yield
    if _started and request.node.get_closest_marker("process") is None:
        pytest.fail(f"starts {_started[0]}: mark it with @pytest.mark.process")
