"""What is deleted after years, and what stays; and that old entries are found by an index."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from access.scope import EVERYTHING
from devices import clock
from shiftlog import keeping, reading
from shiftlog.models import Entry, Former
from shiftlog.reading import Wanted, page

pytestmark = pytest.mark.django_db


def make(text: str, days: int, kind: str = "said", **facts: Any) -> Entry:
    entry = Entry.objects.create(kind=kind, text=text, **facts)
    Entry.objects.filter(pk=entry.pk).update(created_at=clock.now() - timedelta(days=days))
    return entry


def test_a_thread_goes_as_a_whole_and_late() -> None:
    old, ancient = keeping.KEPT_NOTED.days + 1, keeping.KEPT_SAID.days + 1
    make("noted, old", old, "offline")
    make("noted, young", old - 2, "offline")
    answered = make("noted, old, answered by people", old, "alert_fired")
    make("the answer", old, thread=answered)
    cleared = make("noted, old, answered by the system", old, "alert_fired")
    make("cleared", old, "alert_cleared", thread=cleared)
    make("pinned", ancient, "offline", pinned=True)
    make("said, old", old)
    gone = make("said, ancient", ancient)
    Former.objects.create(entry=gone, text="before", until=clock.now())
    make("an ancient answer", ancient, thread=gone)
    assert keeping.forget(clock.now()) == 3  # threads
    assert sorted(Entry.objects.values_list("text", flat=True)) == [
        "noted, old, answered by people",
        "noted, young",
        "pinned",
        "said, old",
        "the answer",
    ]
    assert not Former.objects.exists()
    assert keeping.forget(clock.now()) == 0


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(words=("door",)), "entry_words"),
        (Wanted(tag="door"), "entry_tags"),
        (Wanted(after=4_000), "entry_changed"),
        (Wanted(pinned=True), "entry_pinned"),
        (Wanted(before=10), "entry_in_order"),
        (Wanted(uid="gone"), "entry_of_uid"),
    ],
)
def test_each_way_to_read_has_its_index(wanted: Wanted, index: str) -> None:
    found = reading._narrowed(Entry.objects.visible_to(EVERYTHING), wanted)
    if wanted.after is not None:
        found = found.filter(version__gt=wanted.after)
    if wanted.before:
        found = found.filter(place__lt=wanted.before)
    # Entries that match none of it: of an empty table every index is as good as another.
    Entry.objects.bulk_create(
        Entry(kind="said", text=f"entry {n}", uid=f"u{n}", place=1_000 + n, version=1 + n)
        for n in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE shiftlog_entry")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in found.order_by().explain()
    assert page(EVERYTHING, wanted).entries == []
