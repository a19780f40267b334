"""Two requests at the same instant. Each has looked at what there is before either writes.

Every writing operation of the schema is sent twice so, and what is deleted is changed and deleted
twice; and each is sent once more while its devices, series and sites, or who asks, are deleted.
Nothing is answered 500, nothing that was deleted comes back, and the log tells of it once.
A new operation cannot be forgotten: the steps are those of `test_rest_live`.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.test import Client
from rest_framework.test import APIClient

from access import openid
from access.roles import Role
from devices.api.conflict import GoneMeanwhile
from devices.events import announce_after_commit
from devices.models import Device, Site
from shiftlog.models import Entry
from tests.test_rest_live import OPERATIONS, STEPS, Step, in_the_form, model

pytestmark = pytest.mark.django_db(transaction=True)

# The first statement of a request that changes or locks anything.
WRITES = re.compile(
    r"\A\s*(?:INSERT|UPDATE|DELETE|COPY|LOCK)\b|\bFOR (?:NO KEY )?UPDATE\b|pg_advisory",
    re.IGNORECASE,
)
THINGS = re.compile('"(?:devices_device|devices_site|telemetry_series)"')
WAIT = 60.0  # seconds
WITHIN = 1.0  # seconds; who waits for the other's lock never arrives, and then it goes on
# What is deleted and yet found: as over, as deleted, and what is written whether it was there or
# not.
STAY = {"silences_end", "log_delete", "notifications_wordings_delete"}

POOL = ThreadPoolExecutor(2)  # each thread keeps its connection from one step to the next

Answer = tuple[int, str]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No connection stays open when a test is over."""
    yield
    both = threading.Barrier(2)

    def close() -> None:
        both.wait(WAIT)  # or one thread would do both
        connections.close_all()

    wait([POOL.submit(close) for _ in range(2)])


@contextmanager
def before_writing(
    meanwhile: Callable[[], object], writing: re.Pattern[str] = WRITES
) -> Iterator[None]:
    """Calls it once, before the first statement of this thread that writes."""
    called = False

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal called
        if not called and writing.search(sql):
            called = True
            meanwhile()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


class Sent:
    """A request whose body and address are made once, however often it is sent."""

    def __init__(self, step: Step, user: User) -> None:
        self.body = step.body() if callable(step.body) else step.body
        self.method, path = OPERATIONS[step.operation]
        self.address = path.format(**step.where()) + step.query
        self._user = user

    def answer(self, method: str = "", meanwhile: Callable[[], object] = bool) -> Answer:
        client = APIClient(raise_request_exception=False)
        client.force_authenticate(self._user)
        ask = getattr(client, method or self.method)
        with before_writing(meanwhile):
            found = ask(self.address, None if method == "get" else self.body, format="json")
        return found.status_code, "" if found.streaming else found.content.decode()[:300]

    def twice(self) -> list[Answer]:
        """Both come to their first write before either goes on."""
        both = threading.Barrier(2)
        found: list[Answer] = []

        def meet() -> None:
            try:
                both.wait(WITHIN)
            except threading.BrokenBarrierError:
                return

        def send() -> None:
            try:
                found.append(self.answer(meanwhile=meet))
            finally:
                both.abort()  # one that writes nothing keeps the other waiting for nothing

        wait([POOL.submit(send) for _ in range(2)])
        return found


def changing(step: Step) -> Step | None:
    """What changes the thing that this one deletes."""
    path = OPERATIONS[step.operation][1]
    return next((s for s in STEPS if OPERATIONS[s.operation] == ("patch", path)), None)


def deleted_while_it_is_changed(step: Step, user: User) -> list[Answer]:
    sent = Sent(step, user)
    change = changing(step)
    if change is None:
        return sent.twice()
    found: list[Answer] = []
    changed = Sent(change, user).answer(meanwhile=lambda: found.extend(sent.twice()))
    if step.operation not in STAY:
        assert changed[0] in (404, 409), changed
        assert sent.answer("get")[0] in (404, 405), "it has come back"
    if step.operation == "silences_end":
        assert model("alerts.Silence").latest("pk").ends_at, "it holds again"
    return [*found, changed]


def account(user: User) -> None:
    """One that has nothing yet: what is its own goes as by any other deletion."""
    User.objects.filter(pk=user.pk)._raw_delete(connection.alias)


def things(user: User) -> None:
    """Devices with their series, and sites."""
    for name in ("devices.Device", "devices.Site"):
        model(name).model._base_manager.all().delete()


@contextmanager
def undone() -> Iterator[None]:
    """As if it had not been. What refers to nothing is told at once, not at the end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield
        transaction.set_rollback(True)


def while_it_is_deleted(step: Step, delete: Callable[[User], None]) -> Answer:
    """What it is about, or who asks, is deleted before it writes. In one transaction, which sees
    what it has deleted as it would what another has committed; so nobody waits for another."""
    about = False  # whether it has looked at any of them

    def noting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal about
        about = about or bool(THINGS.search(sql))
        return execute(sql, params, many, context)

    with undone():
        user = User.objects.create(username="mia", is_superuser=True)
        sent = Sent(step, user)
        about = delete is account
        with connection.execute_wrapper(noting):
            return sent.answer(meanwhile=lambda: about and delete(user))


def test_each_writing_operation_twice_at_the_same_instant(
    settings: Any, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.CRITICAL)
    settings.API_REQUESTS = 1e9
    user = User.objects.create_user("olga")
    wrong = []
    for step in STEPS:
        is_delete = OPERATIONS[step.operation][0] == "delete"
        try:
            for delete in (account, things):
                status, said = while_it_is_deleted(step, delete)
                assert status < 500, f"beside the deletion of {delete.__name__}: {status} {said}"
            noted = Entry.objects.count()
            found = (
                deleted_while_it_is_changed(step, user) if is_delete else Sent(step, user).twice()
            )
            assert len(found) >= 2, found
            assert all(status < 500 for status, _ in found), found
            assert any(status < 300 for status, _ in found), found
            told = Entry.objects.count() - noted
            may = 2 if step.operation in STAY else 1  # that it was changed, too
            assert not is_delete or told <= may, f"the log tells of it {told} times"
        except AssertionError as exc:
            wrong.append(f"{step.operation}: {exc}")
    assert not wrong, "\n".join(wrong)
    assert not model("telemetry.RetentionRule").exists()  # which has no address to be read at


def aside(work: Callable[[], object]) -> None:
    """In another thread, which has a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_two_first_sign_ins_of_one_person_elsewhere_have_one_account(settings: Any):
    settings.OIDC_ISSUER, settings.OIDC_ROLES = "https://id.example", ["crew=viewer"]
    claims = {"sub": "s-1", "preferred_username": "mia", "groups": ["crew"]}
    with before_writing(lambda: aside(lambda: openid._account(claims))):
        found = openid._account(claims)
    assert found == User.objects.get()
    assert (found.username, found.grants.get().role) == ("mia", Role.VIEWER)


def test_who_is_deleted_at_the_same_instant_changes_nothing():
    user = User.objects.create_user("olga")
    step = Step("sites_create", {"slug": "plant", "name": "Plant"})

    gone = User.objects.get(pk=user.pk)
    status, said = Sent(step, user).answer(meanwhile=lambda: aside(gone.delete))
    assert (status, said) == (
        409,
        f'{{"detail":"{GoneMeanwhile.default_detail}"}}',
    )
    assert not Site.objects.exists()


# By operation the statement before which who asked is deleted: what is done is committed by then,
# or goes on.
LATE = {
    "quarantine_replay": re.compile('INSERT INTO "shiftlog_entry"'),
    "readings_import": re.compile('UPDATE "telemetry_readingimport"'),
}


@pytest.mark.parametrize("operation", LATE)
@pytest.mark.usefixtures("days_around_now")
def test_what_is_done_is_told_as_done_though_who_asked_is_deleted_meanwhile(operation: str):
    user = User.objects.create_user("olga")
    Device.objects.create(uid="pump-1")
    gone = User.objects.get(pk=user.pk)
    step = next(step for step in STEPS if step.operation == operation)
    with before_writing(lambda: aside(gone.delete), LATE[operation]):
        status, said = Sent(step, user).answer()
    assert status == 200, said
    assert not User.objects.exists()
    entry = Entry.objects.latest("pk")
    assert (entry.author, entry.author_name) == (None, "olga")


def test_news_that_fail_after_a_commit_do_not_undo_it(caplog: pytest.LogCaptureFixture):
    told = []

    def broken() -> list[Any]:
        raise RuntimeError("no news")

    with transaction.atomic():
        Site.objects.create(slug="plant", name="Plant")
        announce_after_commit(broken)
        transaction.on_commit(lambda: told.append("and what comes after it"))
    assert told
    assert Site.objects.exists()
    assert "no news" in caplog.text


def test_a_page_of_the_admin_says_that_somebody_was_faster():
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.create_superuser("boss"))
    address = "/admin/devices/site/add/"
    given = in_the_form(browser.get(address)) | {"slug": "plant", "name": "Mine"}
    with before_writing(lambda: aside(lambda: Site.objects.create(slug="plant", name="First"))):
        answer = browser.post(address, given)
    assert answer.status_code == 409
    assert "Somebody else was faster" in answer.content.decode()
    assert Site.objects.get().name == "First"
