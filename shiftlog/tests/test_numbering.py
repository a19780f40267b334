"""Whoever reads on from a cursor misses nothing and gets nothing twice, whatever writers do at the
same time; what is sent by two at once is one entry."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from access.scope import EVERYTHING
from shiftlog import numbering, writing
from shiftlog.models import Entry, Kind, Mention
from shiftlog.reading import Wanted, page
from shiftlog.record import record

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, READERS, STEPS = 3, 2, 60
WAIT = 60.0  # seconds; a deadline, not a pause

INSERT = """
INSERT INTO shiftlog_entry (kind, uid, device_name, author_name, text, view, tags, pinned,
    created_at, deleted_by, facts, place, version, unnumbered)
VALUES ('said', '', '', 'w', %s, '', '{}', false, now(), '', '{}', 0, 0, true)
"""
CHANGE = "UPDATE shiftlog_entry SET text = %s, unnumbered = true WHERE id = %s"
LOCK = "SELECT id FROM shiftlog_entry ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"


class Reader:
    """Keeps what it was told, as a page does."""

    def __init__(self) -> None:
        self.cursor = 0
        self.told: list[tuple[int, int]] = []  # id and version
        self.texts: dict[int, str] = {}

    def read(self, limit: int) -> bool:
        """Whether there is more."""
        found = page(EVERYTHING, Wanted(after=self.cursor, limit=limit))
        self.cursor = found.cursor
        for entry in found.entries:
            self.told.append((entry.pk, entry.version))
            self.texts[entry.pk] = entry.text
        return found.more

    def check(self) -> None:
        while self.read(limit=7):
            pass
        assert self.texts == dict(Entry.objects.values_list("pk", "text"))
        versions = [version for _, version in self.told]
        assert versions == sorted(set(versions)), "twice, or out of order"


@pytest.fixture
def connected() -> Iterator[Callable[[], psycopg.Connection[Any]]]:
    opened: list[psycopg.Connection[Any]] = []

    def open_one() -> psycopg.Connection[Any]:
        params = connection.get_connection_params()
        wanted = ("host", "port", "dbname", "user", "password", "options")
        opened.append(psycopg.connect(**{key: params[key] for key in wanted if params.get(key)}))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.mark.parametrize("seed", range(12))
def test_a_cursor_is_exact_while_transactions_interleave(
    seed: int, connected: Callable[[], psycopg.Connection[Any]]
) -> None:
    chance = random.Random(seed)
    writers = [connected() for _ in range(WRITERS)]
    readers = [Reader() for _ in range(READERS)]
    for step in range(STEPS):
        act, writer = chance.random(), chance.choice(writers)
        if act < 0.3:
            writer.execute(INSERT, [f"new {step}"])
        elif act < 0.5:
            row = writer.execute(LOCK).fetchone()
            if row is not None:
                writer.execute(CHANGE, [f"changed {step}", row[0]])
        elif act < 0.7:
            writer.commit()
        elif act < 0.75:
            writer.rollback()
        else:
            chance.choice(readers).read(limit=chance.randint(1, 3))
    for writer in chance.sample(writers, WRITERS):
        writer.commit()
        chance.choice(readers).read(limit=2)
    late = Reader()
    for reader in (*readers, late):
        reader.check()
    # Back from the newest, page by page: each once, in the order in which they became visible.
    backwards: list[int] = []
    more, before = True, 0
    while more:
        found = page(EVERYTHING, Wanted(before=before, limit=4))
        backwards += [entry.pk for entry in found.entries]
        more, before = found.more, found.entries[-1].place if found.entries else 0
    assert backwards == list(Entry.objects.order_by("-place").values_list("pk", flat=True))


def in_threads(*work: Callable[[], object]) -> None:
    """All at once, each with its own connection; raises what the first of them raised."""
    failed: list[BaseException] = []
    together = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        try:
            together.wait(WAIT)
            one()
        except BaseException as exc:  # noqa: BLE001  raised below, in the test
            failed.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[one]) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
        assert not thread.is_alive()
    if failed:
        raise failed[0]


def test_a_cursor_is_exact_while_all_write_and_read_at_once() -> None:
    users = [User.objects.create_user(f"user-{number}") for number in range(3)]
    root = writing.write(writing.Draft(text="root", client_id=uuid4()), users[0])[0]
    done = threading.Event()
    readers = [Reader(), Reader()]

    def say(user: User) -> None:
        for number in range(12):
            draft = writing.Draft(text=f"{user} {number}", client_id=uuid4(), thread=root)
            entry, _ = writing.write(draft, user)
            writing.react(entry.pk, EVERYTHING, user, "+1")

    def note() -> None:
        for number in range(12):
            with transaction.atomic():
                record(Kind.REPLAY, f"noted {number}", key=f"note-{number}")

    def follow(reader: Reader) -> None:
        while not done.is_set():
            reader.read(limit=5)

    def write_all() -> None:
        in_threads(*[lambda user=user: say(user) for user in users], note, note)
        done.set()

    in_threads(write_all, *[lambda reader=reader: follow(reader) for reader in readers])
    for reader in readers:
        reader.check()
    assert Entry.objects.count() == 1 + 3 * 12 + 12
    assert not Entry.objects.filter(unnumbered=True).exists()


def test_what_two_send_at_once_is_one_entry() -> None:
    olga, ben = User.objects.create_user("olga"), User.objects.create_user("ben")
    for _ in range(5):
        draft = writing.Draft(text=f"@{ben} look", client_id=uuid4())
        answers: list[tuple[Entry, bool]] = []

        def send(draft: writing.Draft = draft, answers: list[Any] = answers) -> None:
            answers.append(writing.write(draft, olga))

        in_threads(send, send, send, send)
        assert len({entry.pk for entry, _ in answers}) == 1
        assert sorted(new for _, new in answers) == [False, False, False, True]
    assert Entry.objects.count() == Mention.objects.count() == 5


def test_what_a_process_left_that_was_killed_is_numbered_by_the_next(
    connected: Callable[[], psycopg.Connection[Any]],
) -> None:
    writer = connected()
    writer.execute(INSERT, ["left"])
    writer.commit()
    (follower,) = numbering.FOLLOWERS
    follower.begin().step()
    assert Entry.objects.get().place == numbering.last_number() == 1


def test_who_numbers_waits_for_no_writer(connected: Callable[[], psycopg.Connection[Any]]) -> None:
    writer = connected()
    for text in ("first", "second"):
        writer.execute(INSERT, [text])
    writer.commit()
    held = Entry.objects.earliest("pk").pk
    writer.execute(CHANGE, ["changed", held])  # and is not yet at its end
    reader = Reader()
    reader.read(limit=10)
    assert list(reader.texts.values()) == ["second"]
    writer.commit()
    reader.check()
    assert reader.texts[held] == "changed"
