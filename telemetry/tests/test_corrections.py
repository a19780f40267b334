"""Readings that somebody deletes or replaces go, stay away, and come back when that is undone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from telemetry.correction import Correction
from telemetry.corrections import change, large
from telemetry.models import Series
from telemetry.moments import from_us, to_us
from telemetry.storage import closed, rollups, store
from telemetry.tests.written import rollup, series

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE, SECOND = 60_000_000, 1_000_000  # us
NOW = datetime.now(UTC)
NOON = datetime.combine(NOW.date() - timedelta(days=2), datetime.min.time(), UTC) + timedelta(
    hours=12
)
T = to_us(NOON)
TOTALS = {"rollup_1m": MINUTE, "rollup_1h": 60 * MINUTE, "rollup_1d": 1440 * MINUTE}


def send(of: Series, readings: dict[int, float | str], *, may_repeat: bool = True) -> store.Written:
    """By us after noon."""
    numbers = {at: value for at, value in readings.items() if type(value) is float}
    texts = [(of.id, T + at, value) for at, value in readings.items() if type(value) is str]
    columns = [of.id] * len(numbers), [T + at for at in numbers], list(numbers.values())
    batch = store.Batch(*columns, texts, may_repeat=may_repeat, with_texts={of.id})
    return store.write(batch, "test")


def stored(of: Series) -> dict[int, float | str]:
    found: dict[int, float | str] = {}
    with connection.cursor() as cursor:
        for table in ("reading", "text_reading"):
            cursor.execute(f"SELECT time, value FROM {table} WHERE series_id = %s", [of.id])
            found |= {to_us(at) - T: value for at, value in cursor.fetchall()}
    return found


def wanted(of: Series, start: int, stop: int, points: dict[int, float | str] | None = None) -> Any:
    moved = {T + at: value for at, value in (points or {}).items()}
    return change.Wanted(of, from_us(T + start), from_us(T + stop), moved)


def delete(of: Series, start: int, stop: int) -> Correction:
    return change.make(wanted(of, start, stop), "delete", "wrong", None)


def put(of: Series, start: int, stop: int, points: dict[int, float | str]) -> Correction:
    return change.make(wanted(of, start, stop, points), "replace", "known better", None)


def summed(numbers: dict[int, float], width: int) -> list[tuple[datetime, int, float, float]]:
    """(bucket, count, min, max)"""
    buckets: dict[int, list[float]] = {}
    for at, value in numbers.items():
        buckets.setdefault((T + at) // width * width, []).append(value)
    return [(from_us(us), len(of), min(of), max(of)) for us, of in sorted(buckets.items())]


def assert_summaries(of: Series, there: dict[int, float | str]) -> None:
    while rollups.run(NOW):
        pass
    numbers = {at: value for at, value in there.items() if type(value) is float}
    for table, width in TOTALS.items():
        found = [(row[0], row[1], row[3], row[4]) for row in rollup(table, of.id)]
        assert found == summed(numbers, width), table


def test_deleted_readings_go_stay_away_and_come_back_when_it_is_undone() -> None:
    one, other = series(), series("humidity")
    there = {at * MINUTE // 2: float(at) for at in range(20)} | {7: "odd", 5 * MINUTE + 7: "even"}
    for each in (one, other):
        send(each, there)
    Series.objects.update(texts_since=NOON)
    made = delete(one, MINUTE, 6 * MINUTE)
    left = {at: value for at, value in there.items() if not MINUTE <= at < 6 * MINUTE}
    assert (made.removed, made.written) == (11, 0)
    assert stored(one) == left
    assert_summaries(one, left)
    again = send(one, there | {MINUTE + 1: 99.0})
    assert again.inserted == 0
    texts = [at for at, value in there.items() if type(value) is str]
    numbers = [at for at, value in there.items() if type(value) is float] + [MINUTE + 1]
    assert [numbers[row] for row in again.conflicts.numbers] == [
        at for at in numbers if MINUTE <= at < 6 * MINUTE
    ]
    assert [texts[row] for row in again.conflicts.closed_texts] == [5 * MINUTE + 7]
    assert again.conflicts.closed_numbers == frozenset(again.conflicts.numbers)
    assert stored(one) == left
    assert send(one, {6 * MINUTE + 1: 3.0}, may_repeat=False).inserted == 1
    change.undo(made, None)
    there[6 * MINUTE + 1] = 3.0
    assert stored(one) == there
    assert change.undo(made, None).undone_at is not None  # twice is as once
    assert_summaries(one, there)
    assert send(one, {MINUTE + 1: 98.0}, may_repeat=False).inserted == 1


def test_what_takes_their_place_is_exact_and_undone_to_the_bit() -> None:
    one = series()
    there = {0: -0.0, 1: 5e-324, 2: 1.7976931348623157e308, 3: 0.1, 4: float(2**53), 9: 1.0}
    send(one, there)
    made = put(one, 0, 9, {0: 0.0, 2: 2.0, 3: 0.1, 5: -0.0})
    assert (made.removed, made.written) == (4, 3)
    assert repr(sorted(stored(one).items())) == repr(
        [(0, 0.0), (2, 2.0), (3, 0.1), (5, -0.0), (9, 1.0)]
    )
    change.undo(made, None)
    assert repr(sorted(stored(one).items())) == repr(sorted(there.items()))


def test_what_cannot_be_corrected_is_refused_and_says_why(monkeypatch, settings) -> None:
    settings.RETENTION_DAYS = 30
    one = series()
    send(one, {at: float(at) for at in range(5)})
    long_ago = datetime(2001, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(change, "MAX_READINGS", 4)
    for asked, field, said in (
        (wanted(one, 0, 9), "to", "more than 4 readings"),
        (wanted(one, 0, 2, {3: 1.0}), "points", "before `to`"),
        (wanted(one, 0, 9, {6: 1.0}), "points", "newest reading"),
        (wanted(one, 0, 3, {1: "word"}), "points", "no texts"),
        (wanted(one, 0, 3)._replace(stop=NOW + timedelta(days=1)), "to", "later than now"),
        (wanted(one, 0, 3)._replace(start=long_ago), "from", "removed by retention"),
    ):
        with pytest.raises(change.Refused, match=said) as refused:
            change.make(asked, "replace", "?", None)
        assert refused.value.field == field
    assert len(stored(one)) == 5
    assert not Correction.objects.exists()


def test_undone_is_only_the_last_of_a_time_and_not_for_ever() -> None:
    one = series()
    send(one, {at: float(at) for at in range(10)})
    first, second = delete(one, 0, 6), put(one, 5, 8, {6: 1.5})
    with pytest.raises(change.Refused, match="later correction"):
        change.undo(first, None)
    change.undo(second, None)
    change.undo(first, None)
    assert stored(one) == {at: float(at) for at in range(10)}
    third = delete(one, 0, 3)
    assert change.forget_former(NOW + timedelta(days=1)) == 0
    Correction.objects.filter(pk=third.pk).update(made_at=NOW - change.UNDO_FOR)
    assert change.forget_former(NOW + timedelta(seconds=1)) == 1
    third.refresh_from_db()
    with pytest.raises(change.Refused, match="30 days"):
        change.undo(third, None)
    assert send(one, {1: 1.0}).inserted == 0  # it is closed all the same


def test_another_process_is_told_by_the_mark(monkeypatch) -> None:
    """Its memory says nothing of it: the first batch asks again, and the next ones do not."""
    one = series()
    send(one, {1: 1.0})
    delete(one, 0, 10)
    monkeypatch.setattr(closed, "_latest", closed.Closed())
    assert send(one, {2: 2.0}, may_repeat=False).conflicts.numbers == [0]
    asked = closed.latest()
    assert send(one, {12: 2.0}, may_repeat=False).inserted == 1
    assert closed.latest() is asked


def test_any_order_of_writing_correcting_and_undoing_gives_what_a_plain_table_would() -> None:
    chance = random.Random(20_261_128)
    one = series(texts_since=NOON)
    send(one, {3_999 * SECOND: 0.0})  # the newest, so that points may be anywhere before it
    there: dict[int, float | str] = {3_999: 0.0}
    shut: list[tuple[int, int, Correction, dict[int, float | str]]] = []
    for step in range(60):
        start = chance.randrange(3_900)
        stop = start + chance.randrange(1, 600)
        some = {
            chance.randrange(start, min(stop, 3_999)): chance.choice([float(step), f"w{step}"])
            for _ in range(chance.randrange(30))
        } if start < min(stop, 3_999) else {}  # fmt: skip
        act = chance.choice(["send", "send", "delete", "replace", "undo"])
        scaled = {at * SECOND: value for at, value in some.items()}
        if act == "send":
            send(one, scaled)
            for at, value in some.items():
                if not any(low <= at < high for low, high, *_ in shut):
                    there.setdefault(at, value)
        elif act == "undo" and shut:
            low, high, made, before = shut.pop()  # the last one is always free to go
            change.undo(made, None)
            there = {at: v for at, v in there.items() if not low <= at < high} | before
        elif act in ("delete", "replace"):
            stop = min(stop, 3_999)
            before = {at: value for at, value in there.items() if start <= at < stop}
            points = some if act == "replace" else {}
            make = put(one, start * SECOND, stop * SECOND, {
                at * SECOND: value for at, value in points.items() if at < stop
            })  # fmt: skip
            shut.append((start, stop, make, before))
            there = {at: v for at, v in there.items() if not start <= at < stop} | points
        if step % 15 == 14:
            assert_summaries(one, {at * SECOND: value for at, value in there.items()})
        assert stored(one) == {at * SECOND: value for at, value in there.items()}, step


def test_over_rest(api) -> None:
    user = User.objects.create_user("olga")
    api.force_authenticate(user)
    one = series()
    send(one, {at * SECOND: float(at) for at in range(10)})
    ms = T // 1_000
    path = f"/api/v1/series/{one.id}/corrections/"
    asked = {"from": ms + 2_000, "to": ms + 5_000, "action": "delete", "reason": "it was unplugged"}
    tried = api.post(f"{path}?dry_run=1", asked).json()
    assert (tried["id"], tried["removed"], tried["written"]) == (None, 3, 0)
    assert len(stored(one)) == 10
    made = api.post(path, asked)
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["removed"], found["by"], found["metric"]) == (3, "olga", one.metric)
    assert found["from"] == ms + 2_000
    points = [[ms + 6_000, 60], [ms + 6_000.25, True]]
    other = api.post(
        path,
        {
            "from": ms + 6_000,
            "to": ms + 7_000,
            "action": "replace",
            "points": points,
            "reason": "r",
        },
    ).json()
    assert (other["removed"], other["written"]) == (1, 2)
    assert stored(one)[6 * SECOND] == 60.0
    assert stored(one)[6 * SECOND + 250] == 1.0
    listed = api.get("/api/v1/corrections/?device=boiler").json()["corrections"]
    assert [each["id"] for each in listed] == [other["id"], found["id"]]
    undone = api.post(f"/api/v1/corrections/{found['id']}/undo/")
    assert undone.json()["undone_by"] == "olga"
    assert len(stored(one)) == 11
    for wrong, field in (
        ({"to": ms}, "from"),
        ({"action": "replace"}, "points"),
        ({"points": []}, "points"),
        ({"reason": ""}, "reason"),
        ({"action": "replace", "points": [[ms + 2_000, "x"], [ms + 2_000, 1]]}, "points"),
        ({"action": "replace", "points": [[ms + 2_000, 2**60]]}, "points"),
        ({"more": 1}, "more"),
    ):
        refused = api.post(path, asked | wrong)
        assert (refused.status_code, field in refused.json()) == (400, True), refused.content


@pytest.mark.parametrize("points", [{}, {2: -0.0, MINUTE + 5: 7.5, 9 * MINUTE: 0.1}])
def test_many_readings_are_corrected_and_had_back_part_by_part(
    monkeypatch: pytest.MonkeyPatch, points: dict[int, float | str]
) -> None:
    monkeypatch.setattr(change, "MAX_READINGS", 10)
    monkeypatch.setattr(large, "PART_READINGS", 6)
    one = series()
    there: dict[int, float | str] = {at * MINUTE // 2: float(at) for at in range(22)}
    there |= {7: "odd", 5 * MINUTE + 7: "even"}
    send(one, there)
    Series.objects.update(texts_since=NOON)
    asked = wanted(one, 0, 10 * MINUTE, points)
    assert large.is_needed(asked)
    assert not large.is_needed(wanted(one, 0, MINUTE))
    whole = large.begin(asked, "replace" if points else "delete", "wrong", None)
    assert stored(one) == there
    # All of it is closed from the first moment, and nothing else is corrected there meanwhile.
    assert send(one, {9 * MINUTE + 1: 5.0}).inserted == 0
    with pytest.raises(change.Refused, match="still being made"):
        delete(one, 8 * MINUTE, 9 * MINUTE)
    with pytest.raises(change.Refused, match="still being made"):
        change.undo(whole, None)

    steps = 0
    while whole.state != "done":
        # Killed within a part: nothing of it holds.
        with monkeypatch.context() as patch:
            patch.setattr(large, "_refill", fail)
            before = stored(one)
            with pytest.raises(ZeroDivisionError):
                large.step(whole)
            assert stored(one) == before
        large.step(whole)
        whole.refresh_from_db()
        steps += 1
    assert steps == 4
    left = {at: value for at, value in there.items() if at >= 10 * MINUTE} | points
    assert stored(one) == left
    assert (whole.removed, whole.written) == (22, len(points))
    assert_summaries(one, left)
    assert send(one, there).inserted == 0
    noted = apps.get_model("shiftlog.Entry").objects.filter(kind="readings_corrected")
    assert [each.facts["removed"] for each in noted] == [22]

    change.undo(whole, None)
    assert change.undoable_until(Correction.objects.get(pk=whole.pk)) is None
    assert large.run() == steps + 1
    whole.refresh_from_db()
    assert (whole.state, whole.undone_at is not None) == ("done", True)
    assert {at: repr(value) for at, value in stored(one).items()} == {
        at: repr(value) for at, value in there.items()
    }
    assert_summaries(one, there)
    assert noted.all().count() == 2
    assert send(one, {9 * MINUTE + 1: 5.0}).inserted == 1
    assert large.run() == 0
    one.delete()
    assert not Correction.with_removed.exists()


def test_one_of_many_readings_that_retention_reaches_ends_and_says_why(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change, "MAX_READINGS", 3)
    monkeypatch.setattr(large, "PART_READINGS", 2)
    one = series()
    there: dict[int, float | str] = {at * SECOND: float(at) for at in range(8)}
    send(one, there)
    body = {"action": "delete", "from": T // 1000, "to": T // 1000 + 60_000, "reason": "x"}
    address = f"/api/v1/series/{one.pk}/corrections/"
    assert api.post(f"{address}?dry_run=1", body, format="json").json()["removed"] >= 4
    made = api.post(address, body, format="json")
    assert (made.status_code, made.json()["state"]) == (202, "running")
    whole = Correction.objects.get()
    large.step(whole)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE retention_state SET minute_floor = now()")
    assert large.run() == 1
    (listed,) = api.get(f"/api/v1/corrections/?series={one.pk}").json()["corrections"]
    assert (listed["state"], listed["removed"]) == ("done", 2)
    assert "removed by retention" in listed["error"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE retention_state SET minute_floor = DEFAULT")
    part = whole.parts.get()
    assert api.post(f"/api/v1/corrections/{part.pk}/undo/").status_code == 404
    undone = api.post(f"/api/v1/corrections/{whole.pk}/undo/").json()
    assert (undone["state"], undone["undo_until"]) == ("undoing", None)
    large.run()
    assert stored(one) == there


def fail(*_args: object) -> None:
    raise ZeroDivisionError
