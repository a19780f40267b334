"""The engine, from committed readings to alerts, their history and what is told."""

from __future__ import annotations

import pytest

from alerts.engine import health
from alerts.models import Alert, EngineProcess, EngineShare, Silence, TargetState
from alerts.tests.engine_world import Plant
from devices.models import Presence
from telemetry.moments import from_us
from telemetry.storage import rollups
from telemetry.worker_counts import IngestWorker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plant(transactional_db) -> Plant:
    return Plant()


def test_a_reading_beyond_the_limit_makes_an_alert_that_the_next_one_ends(plant: Plant) -> None:
    series = plant.series()
    plant.rule(severity="critical", runbook="https://wiki.example/freezer", labels={"team": "cold"})
    plant.look()
    plant.write(series, (0, -18), (1, -12.5))
    plant.go(2)
    alert = plant.one()
    assert (alert.severity, alert.value, alert.limit, alert.uid) == (
        "critical", -12.5, -15.0, "freezer-1",
    )  # fmt: skip
    assert (plant.seconds(alert.started_at), alert.cleared_at) == (1, None)
    assert plant.told() == [f"alert-{alert.pk}-fired"]
    plant.write(series, (3, -11), (4, -16))
    plant.go(5)
    alert = plant.one()
    assert (plant.seconds(alert.cleared_at), alert.worst) == (4, -11.0)
    assert plant.kinds(alert) == ["fired", "cleared"]
    assert plant.told()[1:] == [f"alert-{alert.pk}-cleared"]


def test_what_stands_for_a_while_fires_without_a_reading(plant: Plant) -> None:
    series = plant.series()
    plant.rule({"type": "threshold", "op": "above", "limit": -15, "for": 300})
    plant.look()
    plant.write(series, (0, -10))
    plant.go(1)
    assert plant.alerts() == []
    plant.go(302)
    alert = plant.one()
    assert plant.seconds(alert.started_at) == 0
    assert "for 5" in alert.sentence


def test_a_rule_that_is_new_looks_at_what_holds_already(plant: Plant) -> None:
    series = plant.series()
    plant.write(series, *((second, -10.0) for second in range(0, 400, 20)))
    plant.go(400)
    rule = plant.rule({"type": "threshold", "op": "above", "limit": -15, "for": 300})
    plant.go(401)
    assert plant.seconds(plant.one().started_at) == 0
    rule.condition["limit"] = -5
    rule.revision += 1
    rule.save()
    plant.go(402)
    assert plant.kinds(plant.one()) == ["fired", "cleared"]
    assert plant.one().events.last().detail == {"text": "The rule was changed."}


def test_a_rule_that_is_changed_and_holds_still_keeps_its_alert(plant: Plant) -> None:
    series = plant.series()
    rule = plant.rule()
    plant.look()
    plant.write(series, (0, -10))
    plant.go(1)
    rule.condition["limit"] = -12
    rule.revision += 1
    rule.save()
    plant.go(2)
    plant.write(series, (3, -9))
    plant.go(4)
    assert plant.one().cleared_at is None
    plant.write(series, (5, -20))
    plant.go(6)
    assert plant.kinds(plant.one()) == ["fired", "cleared"]
    assert len(plant.told()) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("disable", "The rule was disabled."),
        ("delete rule", "The rule was deleted."),
        ("delete device", "The device was deleted."),
        ("delete series", "The series was deleted."),
        ("retarget", "The rule is no longer for it."),
        ("disable device", "The device was disabled."),
    ],
)
def test_what_is_judged_no_more_ends_and_says_why(plant: Plant, change: str, said: str) -> None:
    series = plant.series()
    rule = plant.rule()
    plant.look()
    plant.write(series, (0, -10))
    plant.go(1)
    if change == "disable":
        rule.enabled = False
        rule.save()
    elif change == "delete rule":
        rule.delete()
    elif change == "delete device":
        series.device.delete()
    elif change == "delete series":
        series.delete()
    elif change == "retarget":
        rule.kind = "pump"
        rule.save()
    else:
        series.device.enabled = False
        series.device.save()
    plant.go(10)
    alert = plant.one()
    assert alert.cleared_at is not None
    assert alert.events.last().detail == {"text": said}
    assert TargetState.objects.count() == 0


def test_a_device_that_joins_is_judged_by_itself(plant: Plant) -> None:
    plant.rule(uid_pattern="freezer-*", metric="temp*")
    plant.look()
    late = plant.series("freezer-2")
    other = plant.series("pump-1")
    plant.look()
    plant.write(late, (0, 3.0))
    plant.write(other, (0, 3.0))
    plant.go(1)
    assert plant.one().uid == "freezer-2"


def test_what_comes_and_goes_is_one_alert_that_is_told_once(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    for second in range(0, 60, 10):
        plant.write(series, (second, -10.0), (second + 5, -20.0))
        plant.go(second + 6)
    alert = plant.one()
    assert alert.flaps == 5
    key = f"alert-{alert.pk}"
    assert plant.told() == [f"{key}-fired", f"{key}-cleared", f"{key}-fired-2"]
    plant.go(60 + 600)
    assert plant.told()[3:] == [f"{key}-cleared-5"]
    plant.write(series, (700, -10.0))
    plant.go(701)
    assert len(plant.alerts()) == 2


def test_what_is_over_when_it_comes_is_history_and_wakes_nobody(plant: Plant) -> None:
    """A spool that is drained, an import: the readings are old, the commit is not."""
    series = plant.series()
    plant.rule()
    plant.go(3600)
    plant.write(series, (0, -20), (10, -10), (20, -20), (700, -5))
    plant.go(3601)
    first, second = plant.alerts()
    assert (first.historic, plant.seconds(first.cleared_at)) == (True, 20)
    assert (second.historic, second.cleared_at) == (True, None)
    assert plant.told() == []
    plant.write(series, (3602, -4))  # and it holds now
    plant.go(3603)
    second = plant.alerts()[1]
    assert (second.historic, plant.told()) == (False, [f"alert-{second.pk}-fired"])


def test_time_passes_from_the_newest_reading_of_a_device_that_sends_what_it_kept(
    plant: Plant,
) -> None:
    """A quarter of an hour in pieces, the oldest first: between two of them nothing holds."""
    series = plant.series(metric="door")
    condition = {"type": "state", "equals": [True], "for": 60}
    plant.rule(condition, metric="door")
    plant.go(900)
    for piece in range(4):
        begin = piece * 30
        plant.write(series, (begin, 0), (begin + 29, 1))
        plant.go(901 + piece)
        plant.series(f"new-{piece}")  # so that everything is loaded again
        plant.go(901.5 + piece)
    assert plant.alerts() == []
    plant.go(965)  # it was open at 119, and nothing more has come for over a minute
    assert plant.seconds(plant.one().started_at) == 119


def test_time_passes_so_also_for_a_series_that_is_new(plant: Plant) -> None:
    """What a device kept comes in pieces, and its series is known only after the first of them."""
    plant.rule({"type": "state", "equals": [True], "for": 60}, metric="door")
    plant.go(900)
    series = plant.series("freezer-2", metric="door")
    plant.write(series, (0, 1))
    plant.go(901)
    plant.go(905)
    assert plant.alerts() == []
    plant.write(series, (29, 0), (899, 1))
    plant.go(906)
    assert plant.alerts() == []
    plant.go(970)
    assert plant.seconds(plant.one().started_at) == 899


def test_a_reading_that_comes_late_moves_the_end_of_an_alert(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -20), (10, -10), (40, -20))
    plant.go(41)
    assert plant.seconds(plant.one().cleared_at) == 40
    plant.write(series, (30, -21.0))
    plant.go(42)
    alert = plant.one()
    assert plant.seconds(alert.cleared_at) == 30
    assert plant.kinds(alert) == ["fired", "cleared", "corrected"]
    assert len(plant.told()) == 2


@pytest.mark.parametrize("at_once", [True, False])
def test_it_moves_the_end_also_while_the_next_alert_is_about_to_begin(
    plant: Plant, at_once: bool
) -> None:
    series = plant.series()
    plant.rule({"type": "threshold", "op": "above", "limit": -15, "for": 20})
    plant.look()
    plant.write(series, (0, -10.0), (60, -18.0))
    plant.go(61)
    assert plant.seconds(plant.one().cleared_at) == 60
    if at_once:
        plant.write(series, (50, -18.0), (70, -10.0))
    else:
        plant.write(series, (70, -10.0))
        plant.go(71)
        plant.write(series, (50, -18.0))
    plant.go(72)
    assert plant.seconds(plant.one().cleared_at) == 50


def test_a_reading_that_comes_late_shows_what_was_missed(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -20), (40, -20))
    plant.go(41)
    plant.write(series, (20, -3.0))
    plant.go(42)
    alert = plant.one()
    assert (alert.historic, plant.seconds(alert.started_at), plant.seconds(alert.cleared_at)) == (
        True, 20, 40,
    )  # fmt: skip
    assert plant.told() == []


def test_a_reading_that_comes_late_may_say_that_it_holds_since_earlier(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -20), (40, -10))
    plant.go(41)
    plant.write(series, (30, -11.0))
    plant.go(42)
    alert = plant.one()
    assert (plant.seconds(alert.started_at), alert.cleared_at) == (30, None)
    assert plant.kinds(alert) == ["fired", "corrected"]


def test_a_silence_keeps_it_from_being_told_until_it_ends(plant: Plant) -> None:
    series = plant.series()
    rule = plant.rule()
    plant.look()
    Silence.objects.create(
        rule=rule, starts_at=from_us(plant.at(-10)), ends_at=from_us(plant.at(100))
    )
    plant.write(series, (0, -10))
    plant.go(1)
    assert (plant.one().silenced, plant.told()) == (True, [])
    plant.go(101)
    alert = plant.one()
    assert (alert.silenced, plant.told()) == (False, [f"alert-{alert.pk}-fired"])


def test_a_snooze_ends_and_it_is_told_again(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -10))
    plant.go(1)
    Alert.objects.update(snoozed_until=from_us(plant.at(50)))
    plant.go(49)
    assert len(plant.told()) == 1
    plant.go(51)
    assert plant.one().snoozed_until is None
    assert len(plant.told()) == 2


def test_words_are_judged(plant: Plant) -> None:
    series = plant.series(metric="door")
    plant.rule({"type": "state", "equals": ["open"], "for": 60}, metric="door")
    plant.look()
    plant.write(series, (0, "closed"), (10, "open"))
    plant.go(11)
    plant.go(80)
    assert plant.seconds(plant.one().started_at) == 10
    plant.write(series, (90, "closed"))
    plant.go(91)
    assert plant.seconds(plant.one().cleared_at) == 90


def test_a_clock_that_is_behind_is_judged_by_itself(plant: Plant) -> None:
    series = plant.series()
    behind = 7200.0
    Presence.objects.create(device=series.device, clock_lead=-round(behind * 1000))
    other = plant.series("freezer-2")
    plant.rule({"type": "threshold", "op": "above", "limit": -15, "for": 60})
    plant.look()
    plant.write(series, (-behind, -20.0))
    plant.write(other, (0, -20.0))
    plant.go(1)
    plant.write(series, (2 - behind, -10.0))
    plant.go(3)
    assert plant.alerts() == []
    plant.go(63)
    alert = plant.one()
    assert (plant.seconds(alert.started_at), alert.historic) == (2 - behind, False)
    assert len(plant.told()) == 1


def test_a_reading_far_ahead_of_its_clock_waits_for_its_time(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -20.0), (3600, -10.0))
    plant.go(1)
    plant.write(series, (2, -9.0))
    plant.go(3)
    assert plant.seconds(plant.one().started_at) == 2  # it was not behind that one


def test_a_series_and_a_device_that_are_heard_no_more(plant: Plant) -> None:
    series = plant.series(expected_interval=10)
    plant.rule({"type": "silent", "times": 3}, name="series")
    plant.rule({"type": "silent", "seconds": 40}, name="device", metric="")
    plant.rule({"type": "offline", "for": 0}, name="offline", metric="")
    seen = Presence.objects.create(device=series.device, last_seen_at=from_us(plant.at(0)))
    plant.look()
    plant.write(series, (0, -20.0))
    plant.go(1)
    plant.go(29)
    assert plant.alerts() == []
    plant.go(32)
    assert plant.one().rule_name == "series"
    plant.go(42)
    assert plant.alerts()[1].rule_name == "device"
    plant.go(52)
    assert plant.alerts()[2].rule_name == "offline"
    plant.go(60)
    assert len(plant.told()) == 1  # of devices after a while: perhaps the whole site is silent
    plant.go(90)
    assert len(plant.told()) == 3
    seen.last_seen_at = from_us(plant.at(95))
    seen.save()
    plant.write(series, (95, -20.0))
    plant.go(97)
    assert all(alert.cleared_at for alert in plant.alerts())


def test_an_engine_that_takes_over_finds_no_silence_in_what_it_did_not_see(plant: Plant) -> None:
    series = plant.series()
    plant.rule({"type": "silent", "seconds": 60})
    plant.write(series, (0, -18.0))
    plant.go(100)
    plant.write(series, (110, -18.0))
    plant.go(111)
    assert plant.seconds(plant.one().cleared_at) == 110
    for second in range(150, 400, 50):
        plant.write(series, (second, -18.0))
        plant.go(second + 1)
    plant.series("freezer-2")  # so that everything is loaded again
    plant.go(360)
    assert plant.kinds(plant.one()) == ["fired", "cleared"]


def test_what_another_engine_heard_is_not_silent_to_one_that_comes_back(plant: Plant) -> None:
    series = plant.series()
    plant.rule({"type": "silent", "seconds": 60})
    away = plant.engines[0]
    plant.write(series, (0, -18.0))
    plant.go(1)
    EngineProcess.objects.all().delete()  # it hangs, and so counts as gone
    plant.engines = [plant.engine()]
    plant.write(series, (50, -18.0))
    plant.go(51)
    EngineProcess.objects.all().delete()
    plant.engines = [away]
    plant.go(70)
    assert plant.alerts() == []
    plant.go(111)
    assert plant.seconds(plant.one().started_at) == 110


def test_a_series_of_texts_is_heard_by_what_it_says_also_by_an_engine_that_comes_later(
    plant: Plant,
) -> None:
    series = plant.series(metric="program")
    series.kind = "text"
    series.save()
    plant.rule({"type": "silent", "seconds": 30}, metric="program")
    plant.look()
    plant.write(series, (0, "rinse"))
    plant.go(1)
    plant.write(series, (20, "spin"))
    plant.go(49)
    assert plant.alerts() == []
    plant.engines.pop().close()
    plant.engines.append(plant.engine())
    plant.go(52)
    assert plant.seconds(plant.one().started_at) == 50
    plant.write(series, (60, "spin"))
    plant.go(61)
    assert plant.one().cleared_at


def test_a_pipeline_that_stores_nothing_is_nobodys_silence(plant: Plant) -> None:
    series = plant.series(expected_interval=10)
    plant.rule({"type": "silent", "times": 3})
    plant.look()
    counters = {"connected": 1, "lag_ms": 0}
    worker = IngestWorker.objects.create(
        name="bridge-0", started_at=from_us(plant.now), updated_at=from_us(plant.now),
        counters=counters,
    )  # fmt: skip
    plant.write(series, (0, -20.0))
    plant.go(1)
    plant.go(500)  # the bridge is away
    assert plant.alerts() == []
    for second in range(501, 540, 2):
        worker.updated_at = from_us(plant.at(second))
        worker.save()
        plant.go(second)
    assert plant.seconds(plant.one().started_at) == 30


def test_a_site_that_is_offline_makes_one_alert(plant: Plant) -> None:
    site = plant.site()
    plant.rule({"type": "offline", "for": 5}, metric="")
    for number in range(5):
        series = plant.series(f"pump-{number}", site=site, expected_interval=1)
        Presence.objects.create(device=series.device, last_seen_at=from_us(plant.at(0)))
    plant.look()
    plant.go(2)
    plant.go(20)
    plant.go(60)
    cause = Alert.objects.get(uid="")
    assert (cause.site, cause.effects.count()) == (site, 5)
    assert plant.told() == [f"alert-{cause.pk}-fired"]
    Presence.objects.update(last_seen_at=from_us(plant.at(61)))
    plant.go(63)
    plant.go(66)
    cause.refresh_from_db()
    assert cause.cleared_at is not None
    assert plant.told() == [f"alert-{cause.pk}-fired", f"alert-{cause.pk}-cleared"]


def test_health_says_since_when_nothing_is_judged(plant: Plant) -> None:
    assert health.not_judged_since() is None
    plant.go(0)
    assert health.not_judged_since() is None
    EngineShare.objects.update(judged_at=from_us(plant.at(-90)))
    assert health.not_judged_since() == from_us(plant.at(-90))


def test_a_formula_over_several_series(plant: Plant) -> None:
    supply, back = plant.series("boiler", "supply"), plant.series("boiler", "back")
    plant.rule(
        {
            "type": "expression", "formula": "supply - back < 2", "for": 10,
            "names": {"supply": "supply", "back": "back"},
        },
        metric="",
    )  # fmt: skip
    plant.look()
    plant.write(supply, (0, 60.0), (10, 60.0))
    plant.write(back, (0, 40.0), (10, 59.0))
    plant.go(11)
    assert plant.alerts() == []
    plant.write(supply, (15, 60.0), (22, 60.0))
    plant.go(23)
    alert = plant.one()
    assert (alert.series, plant.seconds(alert.started_at)) == (None, 10)
    assert plant.told() == [f"alert-{alert.pk}-fired"]
    plant.write(back, (30, 40.0))
    plant.go(31)
    assert plant.seconds(plant.one().cleared_at) == 30


def test_a_formula_that_goes_through_too_much_at_once_is_judged_in_parts(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telemetry.expression.windows.MAX_ADDED", 3)
    series = plant.series("boiler", "supply")
    plant.rule(
        {"type": "expression", "formula": "mean(supply, 2s) > 50", "names": {"supply": "supply"}},
        metric="",
    )
    plant.look()
    plant.write(series, (0, 60.0), (1, 60.0), (2, 60.0), (3, 40.0), (4, 10.0))
    plant.go(5)
    alert = plant.one()
    assert [plant.seconds(each) for each in (alert.started_at, alert.cleared_at)] == [0, 3]


def test_what_is_far_from_what_it_was_a_week_ago(plant: Plant) -> None:
    series = plant.series()
    week = 7 * 86_400
    hour = plant.start // 3_600_000_000 * 3_600_000_000
    begun = (hour - plant.start) / 1e6
    old = [(begun + second - week, -18.0) for second in range(0, 3600, 300)]
    plant.write(series, *old)
    rollups.run(from_us(plant.now))
    plant.rule({"type": "deviation", "weeks": 1, "by": 3})
    plant.look()
    plant.write(series, (1, -18.5))
    plant.go(2)
    assert plant.alerts() == []
    plant.write(series, (3, -12.0))
    plant.go(4)
    assert plant.one().value == -12.0
