"""Rules keep what some series measured for another time than the rest: exactly that goes, and
whoever asks or writes is told from when on there is what."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from access.scope import EVERYTHING
from devices.models import Device, Site
from telemetry.corrections import change
from telemetry.history import columns, reader
from telemetry.models import RetentionRule, Series
from telemetry.moments import from_us, to_ms, to_us
from telemetry.storage import (
    kept,
    packed_batch,
    packing,
    retention,
    rollups,
    store,
    summary_packs,
    trimming,
    unpacking,
)
from telemetry.storage.packs import DAY_US
from telemetry.tests.written import assert_packs_are_summaries, rollup, series, write
from tests.examples import examples

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
END = to_ms(NOW)
DAY = 86_400_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("transactional_db")  # no partition goes in a transaction


def rows(statement: str, values: list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def rule(**facts) -> RetentionRule:
    """One that holds for long enough."""
    made = RetentionRule.objects.create(**facts)
    let_rest()
    return made


def let_rest() -> None:
    rows("UPDATE retention_state SET rules_changed = %s RETURNING 1", [LONG_AGO])
    Device.with_removed.update(updated_at=LONG_AGO)


def times(one: Series, start: float = 0, stop: float = END) -> list[float]:
    """How many days ago its readings are."""
    found, _ = columns.numbers(one.pk, int(start * 1000), int(stop * 1000) + 1)
    return [round((END * 1000 - at) / DAY_US) for at in found.tolist()][::-1]


def test_the_most_specific_rule_holds(settings) -> None:
    settings.RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS = 365, 400
    site = Site.objects.create(slug="harbour", name="Harbour")
    device = Device.objects.create(uid="one", name="One", site=site, kind="freezer")
    one = Series.objects.create(device=device, metric="temperature")

    def held() -> tuple[int, ...]:
        return kept.Rules.stored().days(kept.Owner(site.pk, "freezer", device.pk, one.pk))

    for_good = (36_500, 36_500)
    assert held() == (365, 400, *for_good)
    RetentionRule.objects.create(site=site, raw_days=10, minute_days=20, hour_days=30, day_days=40)
    assert held() == (10, 20, 30, 40)
    RetentionRule.objects.create(kind="freezer", raw_days=11)
    assert held() == (11, 20, 30, 40)
    RetentionRule.objects.create(device=device, raw_days=12, minute_days=22)
    assert held() == (12, 22, 30, 40)
    RetentionRule.objects.create(series=one, raw_days=35)
    assert held() == (35, 35, 35, 40)  # no summary goes before what it is made of
    assert kept.Rules.stored().longest() == (365, 400, *for_good)
    assert kept.Rules.stored().shortest_raw() == 10


@pytest.mark.parametrize("packed", [False, True])
def test_what_a_rule_keeps_shorter_goes_and_the_rest_stays(settings, packed: bool) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    short, long = series(uid="short"), series(uid="long")
    for one in (short, long):
        write(one.pk, [(END - n * DAY, float(n)) for n in (1, 9, 40, 90, 300)])
    write(short.pk, [(END - 50 * DAY, "old"), (END - DAY + 1, "new")])
    rollups.run(NOW)
    if packed:
        settings.PACK_AFTER_DAYS = 1
        packing.run(NOW, date(2020, 1, 1))
        assert rows("SELECT count(*) FROM reading") == [(2,)]  # of yesterday
    before = reader.latest(EVERYTHING, [short.pk, long.pk], now=NOW)
    rule(device=short.device, raw_days=7, minute_days=30, hour_days=60, day_days=200)

    assert trimming.run(NOW) > 0

    assert (times(short), times(long)) == ([1], [1, 9, 40, 90, 300])
    assert [len(rollup(f"rollup_1{each}", short.pk)) for each in "mhd"] == [2, 3, 4]
    assert [len(rollup(f"rollup_1{each}", long.pk)) for each in "mhd"] == [5, 5, 5]
    assert reader.latest(EVERYTHING, [short.pk, long.pk], now=NOW) == before
    assert trimming.run(NOW) == 0
    midnight = NOW.replace(hour=0)
    gone = [midnight - timedelta(days=days) for days in (7, 30, 60, 200)]
    assert list(kept.each([short.pk], NOW)[short.pk]) == gone
    assert kept.accepts_from([short.pk, long.pk], NOW) == {
        short.pk: midnight - timedelta(days=7), long.pk: midnight - timedelta(days=365),
    }  # fmt: skip
    # Longer again: what is gone stays gone, is said to be, and is not counted twice.
    RetentionRule.objects.all().delete()
    assert list(kept.each([short.pk], NOW)[short.pk]) == gone
    assert kept.accepts_from([short.pk], NOW) == {short.pk: midnight - timedelta(days=7)}
    answers = reader.window(EVERYTHING, [short.pk, long.pk], END - 10 * DAY, END, 5000, now=NOW)
    assert [sum(p[4] if one["reduced"] else 1 for p in one["points"]) for one in answers] == [2, 2]


def test_a_day_goes_when_the_longest_rule_keeps_it_no_more(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 7
    one, other = series(uid="one"), series(uid="other")
    for each in (one, other):
        write(each.pk, [(END - n * DAY, 1.0) for n in (1, 9, 40)])
    rollups.run(NOW)
    rule(series=one, raw_days=20)
    retention.drop_readings(NOW)
    assert (times(one), times(other)) == ([1, 9], [1, 9])
    trimming.run(NOW)
    assert (times(one), times(other)) == ([1, 9], [1])


def test_nothing_goes_before_everybody_knows_the_rule(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    one = series()
    write(one.pk, [(END - n * DAY, 1.0) for n in (1, 9, 400)])
    rollups.run(NOW)
    made = rule(series=one, raw_days=7)
    rows("UPDATE retention_state SET rules_changed = %s RETURNING 1", [NOW - retention.GRACE / 2])
    assert (trimming.run(NOW), retention.drop_readings(NOW)) == (0, [])
    let_rest()
    # The same where the device only just came under the rule.
    Device.objects.update(updated_at=NOW - retention.GRACE / 2)
    assert trimming.run(NOW) == 0
    made.raw_days = 8
    made.save()
    (changed,) = rows("SELECT rules_changed > now() - interval '1 minute' FROM retention_state")
    assert changed == (True,)


def test_nothing_goes_that_is_not_rolled_up(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    one = series()
    write(one.pk, [(END - n * DAY, 1.0) for n in (1, 9, 40)])
    rule(series=one, raw_days=7)
    assert trimming.run(NOW) == 0
    rollups.run(NOW)
    assert trimming.run(NOW) == 2
    assert len(rollup("rollup_1d", one.pk)) == 3


def test_a_clock_by_which_all_of_a_series_would_go_removes_nothing_of_it(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    one = series()
    write(one.pk, [(END - n * DAY, 1.0) for n in (1, 9, 40)])
    rollups.run(NOW)
    rule(series=one, raw_days=20)
    with pytest.raises(retention.ClockDoubted, match="all would be removed"):
        trimming.run(NOW + timedelta(days=30))  # as far as a clock may creep, or be believed once
    assert times(one) == [1, 9, 40]
    assert trimming.run(NOW) == 1


def test_a_writer_is_told_by_series(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    short, long = series(uid="short"), series(uid="long")
    now = datetime.now(UTC)
    rule(series=short, raw_days=7)
    ago = [to_us(now - timedelta(days=days)) for days in (5, 9, 400)]
    limits = kept.AcceptsFrom()
    for one, expected in ((short, [False, True, True]), (long, [False, False, True])):
        ids = np.full(3, one.pk)
        assert limits.too_old(ids, np.array(ago)).tolist() == expected


def test_two_runs_at_once_remove_each_reading_once(settings) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    settings.PACK_AFTER_DAYS = 30
    several = [series(uid=f"s{at}") for at in range(4)]
    for one in several:
        write(one.pk, [(END - n * DAY - at, 1.0) for n in range(1, 60, 3) for at in range(20)])
    rollups.run(NOW)
    packing.run(NOW, date(2020, 1, 1))
    for one in several:
        RetentionRule.objects.create(series=one, raw_days=7)
    let_rest()
    limit = NOW.replace(hour=0) - timedelta(days=7)
    before = [len(columns.numbers(one.pk, 0, to_us(limit))[0]) for one in several]
    ((bases,),) = rows("SELECT count(*) FROM rollup_base WHERE bucket < %s", [limit])
    barrier = threading.Barrier(2)

    def removed(_: int) -> int:
        try:
            barrier.wait(60)
            return trimming.run(NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        found = list(both.map(removed, range(2)))
    assert [times(one) for one in several] == [[day for day in (1, 4, 7) for _ in range(20)]] * 4
    assert sum(found) == sum(before) + bases


KEYS = st.tuples(st.integers(0, 2), st.integers(0, 11), st.integers(0, 2))
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["write", "import"]), st.lists(KEYS, min_size=1, max_size=8)),
        st.tuples(st.just("rule"), st.integers(0, 2), st.sampled_from([None, 2, 5, 8])),
        st.tuples(st.sampled_from(["trim", "drop", "pack", "unpack"])),
        st.tuples(st.just("correct"), st.integers(0, 2), st.integers(1, 9)),
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=examples(6), deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(ACTIONS)
def test_any_order_leaves_what_a_plain_table_would_have(actions) -> None:
    """Writes, also late ones, corrections, packing, unpacking and changed rules between runs: of
    each series is there what is not older than what was cut, and its summaries count all that was
    taken in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(change.clock, "now", lambda: NOW)
        for name, value in {
            "RETENTION_DAYS": 10, "ROLLUP_RETENTION_DAYS": 36_500, "PACK_AFTER_DAYS": 1,
        }.items():  # fmt: skip
            patch.setattr(f"django.conf.settings.{name}", value)
        run_model(list(actions))


def run_model(actions: list) -> None:  # noqa: C901, PLR0912, PLR0915 (a case each)
    RetentionRule.objects.all().delete()
    Device.with_removed.all().delete()
    rows("UPDATE retention_state SET raw_floor = 'epoch', raw_held = 'epoch' RETURNING 1")
    held = [series(uid=f"m{at}") for at in range(3)]
    model: dict[int, set[int]] = {one.pk: set() for one in held}  # Unix us of what is there
    taken: dict[int, set[int]] = {one.pk: set() for one in held}  # of what ever was
    closed: dict[int, set[int]] = {one.pk: set() for one in held}  # days ago, corrected
    for name, *rest in [*actions, ("trim",)]:
        if name in ("write", "import"):
            limits = kept.accepts_from(list(model), NOW)
            new = {
                (held[at].pk, END * 1000 - (days * 24 * 3600 - second) * 1_000_000)
                for at, days, second in rest[0]
            }
            young = [key for key in new if from_us(key[1]) >= limits[key[0]]]
            young.sort(key=lambda key: (key[1] // DAY_US, key))
            at = np.array([key[1] for key in young], np.int64)
            pieces = packed_batch.spans(at) if name == "import" else [(False, slice(0, len(at)))]
            for is_packed, chosen in pieces:
                ids = [key[0] for key in young[chosen]]
                batch = store.Batch(ids, at[chosen], [1.0] * len(ids), may_repeat=True)
                (packed_batch.write if is_packed else partial(store.write, worker="w"))(batch)
            for one, us in young:
                if (END * 1000 - us - 1) // DAY_US not in closed[one]:
                    model[one].add(us)
                    taken[one].add(us)
            rollups.run(NOW + timedelta(days=1))
        elif name == "rule":
            RetentionRule.objects.filter(series=held[rest[0]]).delete()
            if rest[1] is not None:
                rule(series=held[rest[0]], raw_days=rest[1])
            let_rest()
        elif name == "correct":
            one, days = held[rest[0]], rest[1]
            start, stop = (NOW - timedelta(days=each) for each in (days + 1, days))
            try:
                change.make(change.Wanted(one, start, stop, {}), "delete", "wrong", None)
            except change.Refused:
                assert start < kept.each([one.pk], NOW)[one.pk].raw
                continue
            closed[one.pk].add(days)
            for of in (model, taken):
                of[one.pk] = {us for us in of[one.pk] if not start <= from_us(us) < stop}
            rollups.run(NOW + timedelta(days=1))
        elif name == "pack":
            packing.run(NOW, date(2020, 1, 1))
            summary_packs.run(NOW)
        elif name == "unpack":
            for day in unpacking.days():
                list(unpacking.unpack_day(day))
        else:
            since = kept.Rules.stored()
            try:
                (trimming.run if name == "trim" else retention.drop_readings)(NOW)
            except retention.ClockDoubted:
                check(held, model, taken)
                continue
            for one in held:
                owner = kept.Owner(None, "", one.device_id, one.pk)
                wanted = since.longest() if name == "drop" else since.days(owner)
                cut = to_us(kept.since(wanted, NOW - retention.GRACE).raw)
                if name == "drop" or wanted.raw < since.longest().raw:
                    model[one.pk] = {at for at in model[one.pk] if at >= cut}
        check(held, model, taken)


def check(held: list[Series], model: dict[int, set[int]], taken: dict[int, set[int]]) -> None:
    assert_packs_are_summaries()
    since = kept.each(list(model), NOW)
    for one in held:
        there, _ = columns.numbers(one.pk, 0, END * 1000 + DAY_US)
        assert set(there.tolist()) == model[one.pk]
        assert len(there) == len(model[one.pk])
        # From when on it is said to be complete, it is.
        whole = {at for at in taken[one.pk] if from_us(at) >= since[one.pk].raw}
        assert whole <= model[one.pk]
        assert sum(row[1] for row in rollup("rollup_1d", one.pk)) == len(taken[one.pk])
