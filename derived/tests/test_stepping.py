"""Whatever comes when, a derived series holds in the end what its formula gives of all there is."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from derived import change, checking, claims, commits, computing, stepping
from derived.models import Backfill, DerivedSeries, Due
from derived.stepping import Stepping
from derived.tests.made import at_once, derived, drain, series, stored, write
from devices import clock
from telemetry.moments import from_us, to_us

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
FORMULAS = [
    "a - b",
    "mean(a, 10min) - shift(a, 20min)",
    "if(count(b, 5min) > 0, max(a - b, 15min), a / (b - b))",
    "integral(a, 30min) + increase(b, 10min)",
]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with many readings and little time."""
    monkeypatch.setattr(computing, "SIZES", (23, 1))
    monkeypatch.setattr(stepping, "PAUSE_SHARE", 0)
    monkeypatch.setattr(commits, "MAX_DUES", 4)
    monkeypatch.setattr(commits, "COMMITS_PER_STEP", 3)


@pytest.fixture
def now_us() -> int:
    return to_us(clock.now()) // MINUTE * MINUTE


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_writing_late_writing_steps_and_backfills_ends_the_same(
    seed: int, now_us: int
) -> None:
    chance = random.Random(seed)
    a, b = series("a"), series("b")
    sources = {"a": a, "b": b}
    one = derived(
        chance.choice(FORMULAS[1:]) + " + 0 * a + 0 * b",
        sources,
        hold=chance.choice([45, 200, 900]),
    )
    # One of another: what late readings change there is late for this one as well.
    other = derived("mean(r, 10min) - shift(a, 5min)", {"r": one.series, "a": a}, "other")
    processes = [Stepping(), Stepping()]

    def some() -> dict[int, float]:
        # From long before the series was derived to a clock that runs ahead.
        return {
            now_us + chance.randint(-400, 10) * MINUTE // 2: float(chance.randint(-5, 9))
            for _ in range(chance.randint(1, 12))
        }

    for each in (a, b):
        write(each.pk, {now_us - n * 7 * MINUTE: float(chance.randint(-5, 9)) for n in range(20)})
    for _ in range(30):
        match chance.randint(0, 9):
            case 0 | 1 | 2 | 3:
                write(chance.choice([a, b]).pk, some())
            case 4 | 5 | 6:
                chance.choice(processes).step()
            case 7:
                chance.choice(processes).compute_one()
            case 8:
                start = from_us(now_us - chance.randint(0, 240) * MINUTE)
                change.ask_backfill(chance.choice([one, other]), start)
            case 9:
                change.switch(one, enabled=chance.random() < 0.5)
    change.switch(one, enabled=True)
    change.ask_backfill(one, from_us(now_us - 300 * MINUTE), from_us(now_us + HOUR))
    drain(*processes)
    change.ask_backfill(other, from_us(now_us - 300 * MINUTE), from_us(now_us + HOUR))
    drain(*processes)
    assert len(stored(a.pk)) > 10
    assert stored(one.series_id) == at_once(one)
    assert stored(other.series_id) == at_once(other)
    assert not Due.objects.exists()
    assert set(Backfill.objects.values_list("state", flat=True)) == {"done"}


def test_what_comes_late_changes_exactly_what_depends_on_it(now_us: int) -> None:
    a = series("a")
    one = derived("mean(a, 10min)", {"a": a})
    process = Stepping()
    write(a.pk, {now_us - n * MINUTE: 1.0 for n in range(50)})
    drain(process)
    assert set(stored(one.series_id).values()) == {1.0}
    late = now_us - 30 * MINUTE - 30 * SECOND
    write(a.pk, {late: 12.0})
    drain(process)
    changed = {at for at, value in stored(one.series_id).items() if value != 1.0}
    assert changed == {late} | {now_us - n * MINUTE for n in range(21, 31)}
    assert stored(one.series_id) == at_once(one)


def test_a_chain_and_its_summaries_and_followers_hear_of_what_changed(now_us: int) -> None:
    a = series("a")
    one = derived("a * 2", {"a": a})
    two = derived("b + 1", {"b": one.series}, "two")
    write(a.pk, {now_us: 5.0})
    drain(Stepping())
    assert stored(two.series_id) == {now_us: 11.0}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM commit_log")
        assert cursor.fetchone() == (3,)  # the reading, and each result


def test_a_formula_that_changes_is_computed_anew_from_the_first_result_on(now_us: int) -> None:
    a = series("a", unit="kWh")
    one = derived("a * 2", {"a": a})
    write(a.pk, {now_us - n * HOUR // 4: float(n) for n in range(30)})
    change.ask_backfill(one, from_us(now_us - 7 * HOUR))
    drain(Stepping())
    assert len(stored(one.series_id)) == 30
    sources = {"a": checking.Source(a)}
    one = change.redefine(one, checking.checked("a / 2 > 3", "", sources), sources)
    assert (one.series.kind, one.revision) == ("boolean", 2)
    drain(Stepping())
    assert stored(one.series_id) == {
        at: float(n / 2 > 3) for n in range(30) if (at := now_us - n * HOUR // 4)
    }


def test_what_was_computed_by_another_revision_is_not_written(now_us: int, monkeypatch) -> None:
    a = series("a")
    one = derived("a * 2", {"a": a})
    write(a.pk, {now_us: 5.0})
    evaluated = computing.evaluated
    sources = {"a": checking.Source(a)}

    def meanwhile(*given):
        found = evaluated(*given)
        monkeypatch.setattr(computing, "evaluated", evaluated)
        change.redefine(one, checking.checked("a * 3", "", sources), sources)
        return found

    monkeypatch.setattr(computing, "evaluated", meanwhile)
    process = Stepping()
    assert process.step() == 0.0
    assert stored(one.series_id) == {}
    drain(process)
    assert stored(one.series_id) == {now_us: 15.0}


def test_of_two_processes_one_has_it_and_a_dead_one_is_replaced(now_us: int) -> None:
    a = series("a")
    one = derived("a * 2", {"a": a})
    write(a.pk, {now_us: 5.0})
    dead = claims.claim("dead")
    assert dead is not None
    assert dead.pk == one.pk
    process = Stepping()
    assert not process.compute_one()
    DerivedSeries.objects.update(held_until=Now() - timedelta(seconds=1))
    drain(process)
    assert stored(one.series_id) == {now_us: 10.0}
    with pytest.raises(claims.Lost), transaction.atomic():
        claims.keep(dead, "dead")


def test_a_deleted_input_stops_it_and_another_one_starts_it_again(now_us: int) -> None:
    a, b = series("a"), series("b")
    one = derived("a - b", {"a": a, "b": b})
    for each in (a, b):
        write(each.pk, {now_us: 5.0})
    process = Stepping()
    drain(process)
    assert stored(one.series_id) == {now_us: 0.0}
    b.delete()
    write(a.pk, {now_us + SECOND: 7.0})
    drain(process)
    one.refresh_from_db()
    assert stored(one.series_id) == {now_us: 0.0}  # what was computed stays
    assert one.inputs.get(name="b").was == "boiler b"
    c = series("c")
    write(c.pk, {now_us: 1.0})
    sources = {"a": checking.Source(a), "b": checking.Source(c)}
    change.redefine(one, checking.checked("a - b", "", sources), sources)
    drain(process)
    assert stored(one.series_id) == {now_us: 4.0, now_us + SECOND: 6.0}


def test_no_series_is_computed_from_itself_nor_behind_too_many_others() -> None:
    a = series("a")
    last = a
    made = []
    for n in range(8):
        made.append(derived("a + 1", {"a": last}, f"step {n}"))
        last = made[-1].series
    with pytest.raises(checking.Refused) as refused:
        derived("a + 1", {"a": last}, "one too many")
    assert refused.value.errors == {"inputs": "At most 8 derived series may follow each other."}
    sources = {"a": checking.Source(made[2].series)}
    with pytest.raises(checking.Refused) as refused:
        change.redefine(made[0], checking.checked("a", "", sources), sources)
    assert refused.value.errors == {
        "inputs": "It would be computed from itself: computed step 0 → computed step 1"
        " → computed step 2 → computed step 0."
    }
    sources = {"a": checking.Source(made[0].series)}
    with pytest.raises(checking.Refused, match="computed from itself"):
        change.redefine(made[0], checking.checked("a", "", sources), sources)


def test_what_retention_took_inputs_of_stays_as_it_is(now_us: int) -> None:
    a = series("a")
    one = derived("mean(a, 10min)", {"a": a}, hold=60)
    write(a.pk, {now_us - n * MINUTE: 1.0 for n in range(50)})
    process = Stepping()
    drain(process)
    floor = now_us - 20 * MINUTE
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading WHERE time < %s", [from_us(floor)])
        cursor.execute("UPDATE retention_state SET raw_floor = %s", [from_us(floor)])
    before = stored(one.series_id)
    write(a.pk, {now_us - 10 * MINUTE - SECOND: 12.0})
    drain(process)
    # A result looks 10 min back, and so long as a value holds twice before that.
    earliest = floor + 12 * MINUTE
    changed = {at for at, value in stored(one.series_id).items() if value != 1.0}
    assert changed == {at for at in before if max(earliest, now_us - 10 * MINUTE) <= at < now_us}
    assert changed


def test_a_formula_that_is_too_dear_says_so_and_delays_no_other(
    now_us: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "MAX_INPUT", 20)
    a = series("a")
    dear = derived("mean(a, 30min)", {"a": a}, "dear")
    cheap = derived("a + 1", {"a": a}, "cheap", hold=1)
    write(a.pk, {now_us - n * MINUTE: 1.0 for n in range(40)})
    drain(Stepping())
    assert len(stored(cheap.series_id)) == 40
    dear.refresh_from_db()
    assert dear.problem == "the formula needs more than 20 readings of a at once"
    assert Due.objects.filter(derived=dear).exists()
    DerivedSeries.objects.update(due_at=None)
    monkeypatch.setattr(computing, "MAX_INPUT", 2_000)
    drain(Stepping())
    dear.refresh_from_db()
    assert dear.problem == ""
    assert len(stored(dear.series_id)) == 40


def test_a_backfill_counts_what_it_does_and_can_be_cancelled(now_us: int) -> None:
    a = series("a")
    write(a.pk, {now_us - n * MINUTE: 1.0 for n in range(300)})
    one = derived("a + 1", {"a": a}, hold=1)
    process = Stepping()
    drain(process)
    assert len(stored(one.series_id)) < 70
    change.ask_backfill(one, from_us(now_us - 200 * MINUTE))
    for _ in range(3):
        process.step()
    change.cancel_backfill(one)
    drain(process)
    backfill = Backfill.objects.get()
    assert (backfill.state, backfill.rows) == ("cancelled", 69)
    change.ask_backfill(one, from_us(now_us - 200 * MINUTE))
    drain(process)
    backfill = Backfill.objects.get()
    assert (backfill.state, backfill.rows) == ("done", 201)
    assert len(stored(one.series_id)) == 201
    assert backfill.ended_at > datetime(2020, 1, 1, tzinfo=UTC)
