"""What gets worse says so, once, and is told again, also to who has acknowledged it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from access.scope import EVERYTHING
from alerts import actions
from alerts.engine import sites
from alerts.engine.worse import WORST_US
from alerts.models import Alert
from alerts.rules import change
from alerts.tests.engine_world import SECOND, Plant

pytestmark = pytest.mark.django_db(transaction=True)
CONDITION = {"type": "threshold", "op": "above", "limit": -15, "worse": -5}


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_it_is_graver_from_there_on_open_again_and_told_once(plant: Plant) -> None:
    series = plant.series()
    plant.rule(CONDITION)
    plant.look()
    plant.write(series, (0, -10.0))
    plant.go(1)
    alert = plant.one()
    assert (alert.severity, alert.worsened_at) == ("warning", None)
    anna = User.objects.create_user("anna")
    assert actions.acknowledge(alert.pk, EVERYTHING, anna).changed
    plant.write(series, (10, -5.0))
    plant.go(11)
    alert = plant.one()
    assert (alert.severity, alert.worst, alert.acknowledged_at) == ("critical", -5.0, None)
    assert alert.sentence == "Temperature −5.0\u2009°C, limit −15, for 10\u2009s"
    assert plant.kinds(alert) == ["fired", "acknowledged", "worsened"]
    assert alert.events.order_by("-id")[0].detail == {"value": -5.0, "text": "It is open again."}
    plant.write(series, (20, 5.0))
    plant.engines = [plant.engine()]  # another one, that has it from the database
    plant.go(21)
    plant.write(series, (30, -20.0))
    plant.go(31)
    plant.write(series, (40, 7.0))  # it comes back as the same alert
    plant.go(41)
    alert = plant.one()
    assert plant.kinds(alert).count("worsened") == 1
    assert [key.split("-", 2)[2] for key in plant.told()].count("worsened") == 1


def test_what_fires_so_far_beyond_begins_as_the_graver_one(plant: Plant) -> None:
    series = plant.series()
    plant.rule({**CONDITION, "for": 20})
    plant.look()
    plant.write(series, (0, -10.0), (10, 3.0), (21, -14.0))
    plant.go(22)
    alert = plant.one()
    assert (alert.severity, alert.worst) == ("critical", 3.0)
    assert plant.kinds(alert) == ["fired"]
    assert plant.told() == [f"alert-{alert.pk}-fired"]


def test_the_worst_of_one_that_stands_is_kept_up_to_date(plant: Plant) -> None:
    series = plant.series()
    plant.rule()
    plant.look()
    plant.write(series, (0, -10.0))
    plant.go(1)
    plant.write(series, (10, -8.0))
    plant.go(2 + WORST_US / SECOND)
    assert plant.one().worst == -8.0


def test_a_rule_that_is_graver_now_makes_its_alerts_so_and_a_milder_one_is_quiet(
    plant: Plant,
) -> None:
    series = plant.series()
    rule = plant.rule(severity="info")
    plant.look()
    plant.write(series, (0, -10.0))
    plant.go(1)
    change.change(rule, {"severity": "warning"}, None)
    assert plant.one().severity == "warning"
    assert plant.kinds(plant.one()) == ["fired", "worsened"]
    change.change(rule, {"severity": "info"}, None)
    assert plant.one().severity == "info"
    assert plant.kinds(plant.one()) == ["fired", "worsened"]
    assert len(plant.told()) == 2


def test_a_site_is_as_grave_as_the_gravest_that_joins_it(plant: Plant) -> None:
    north = plant.site()
    rule = plant.rule({"type": "silent", "seconds": 60}, metric="")
    for number in range(5):
        series = plant.series(f"freezer-{number}", site=north)
        alert = Alert.objects.create(
            rule=rule, rule_name=rule.name, severity="critical" if number == 4 else "warning",
            site=north, device=series.device, uid=series.device.uid, sentence="It is silent.",
            device_name="f", started_at="2026-01-01T00:00Z", fired_at="2026-01-01T00:00Z",
        )  # fmt: skip
        if number == 4:
            Alert.objects.filter(pk=alert.pk).update(cleared_at="2026-01-01T00:01Z")
    sites.group(plant.now)
    cause = Alert.objects.get(uid="")
    assert cause.severity == "warning"
    Alert.objects.filter(severity="critical").update(cleared_at=None)
    sites.group(plant.now)
    cause.refresh_from_db()
    assert (cause.severity, plant.kinds(cause)) == ("critical", ["fired", "worsened"])
