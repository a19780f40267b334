"""What holds for every test."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from django.db.models.signals import post_save
from django.test import TransactionTestCase
from django.utils import translation

from access.roles import Role
from config.static_files import StaticFiles
from devices import events
from telemetry.storage import upkeep
from telemetry.storage.backend import backend
from tests import emptied, examples
from tests.kept_running import is_asked_next

examples.load_profile()

# Who loads `config.asgi`, to collect tests for one, is given a pool of connections: what runs after
# it in this process would go on with a database that it took away or exchanged.
django_settings.DATABASE_POOL = 0


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """While Playwright's loop runs, Django uses another connection than without it. The database is
    dropped by the one it was made by, so the other must be closed by then."""
    yield
    connections.close_all()


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """A made-up operator's password is no secret: one round of hashing, not a half-second's worth.

    The hasher stays the one of production, so a web process verifies what a test has stored.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_emptying() -> Iterator[None]:
    """After a test that commits only the tables that hold anything are emptied, and the session
    with the database goes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: emptied.empty())
        patch.setattr(TransactionTestCase, "_should_reload_connections", lambda _case: False)
        yield


@pytest.fixture
def days_around_now(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """Room for readings of the days around now. It stays for the following test if that asks for
    it, too: to make and to drop it takes as long as most tests that use it."""
    days = upkeep.days_around(datetime.now(UTC))
    backend().make_days(days)
    yield
    if is_asked_next(request):
        emptied.keep_once(days)


@pytest.fixture(autouse=True, scope="session")
def one_look_for_static_files() -> Iterator[None]:
    """A web process looks once which of them there are. Each client of a test has middleware of its
    own, which would look anew: four times as long as the request takes."""
    look, found = StaticFiles.add_files_from_finders, {}

    def recall(middleware: StaticFiles) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files = dict(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFiles, "add_files_from_finders", recall)
        yield


@pytest.fixture(autouse=True, scope="session")
def one_loop_to_announce_by() -> Iterator[None]:
    """Outside of a server each announcement has an event loop, a thread and a connection to Redis
    of its own: ten times as long as to send it, thousands of times in a run."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="announcing", daemon=True)

    def in_the_loop(send: Callable[[Any], Coroutine[Any, Any, None]]) -> Callable[[Any], None]:
        return lambda what: asyncio.run_coroutine_threadsafe(send(what), loop).result()

    with pytest.MonkeyPatch.context() as patch:
        thread.start()
        patch.setattr(events, "async_to_sync", in_the_loop)
        yield
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()  # its connections with it


@pytest.fixture(autouse=True, scope="session")
def accounts_administer() -> Iterator[None]:
    """An account that a test makes may do everything, unless it says otherwise:
    `tests.granted.may`."""

    def grant(instance: Any, created: bool, **_: Any) -> None:
        if created and not instance.is_superuser:
            instance.grants.create(role=Role.ADMINISTRATOR)

    post_save.connect(grant, "auth.User", weak=False, dispatch_uid="accounts_administer")
    yield
    post_save.disconnect(sender="auth.User", dispatch_uid="accounts_administer")


@pytest.fixture(autouse=True)
def no_watch_left() -> Iterator[None]:
    """A thread that goes on asking the test's database would keep it from being dropped."""
    yield
    if "dashboard.database" in sys.modules:
        sys.modules["dashboard.database"].watch.stop()


@pytest.fixture(autouse=True)
def no_language_left() -> Iterator[None]:
    """A request that is answered in the test's own thread leaves its language to what follows."""
    yield
    translation.deactivate()
