"""REST: what stands and in which order, one with its history, actions on many, statistics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access.roles import Role
from access.scope import EVERYTHING
from alerts import actions
from alerts.engine.processes import SHARES
from alerts.models import Alert, AlertEvent, EngineShare
from alerts.tests.made import make_alert, make_rule
from devices import clock
from devices.models import Device, Site
from telemetry.models import Series
from telemetry.moments import to_ms
from tests.granted import may

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.create_user("anna")


@pytest.fixture
def api(anna: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(anna)
    return client


def get(api: APIClient, path: str = "", status: int = 200) -> Any:
    answer = api.get(f"/api/v1/alerts/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def post(api: APIClient, path: str, body: Any, status: int = 200) -> Any:
    answer = api.post(f"/api/v1/alerts/{path}/", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def ids(answer: Any) -> list[int]:
    return [each["id"] for each in answer["alerts"]]


def test_what_stands_comes_worst_first_and_then_by_how_long(api: APIClient):
    now = clock.now()
    given = [("info", 9), ("critical", 1), ("warning", 3), ("critical", 5), ("warning", 4)]
    made = [make_alert(severity=s, started_at=now - h * HOUR) for s, h in given]
    answer = get(api)
    assert ids(answer) == [made[each].pk for each in (3, 1, 4, 2, 0)]
    assert answer["open"] == {"info": 1, "warning": 2, "critical": 2}
    assert answer["total"] == 5
    assert answer["watched"] is True
    short = get(api, "?limit=2&severity=critical")
    assert (ids(short), short["total"]) == ([made[3].pk, made[1].pk], 2)


def test_each_tab_has_its_own_and_an_effect_stands_below_its_cause(api: APIClient, anna: User):
    now = clock.now()
    cause = make_alert("gateway-1", severity="critical")
    effect = make_alert(cause=cause)
    mine = make_alert(acknowledged_at=now, acknowledged_by=anna)
    later = make_alert(snoozed_until=now + HOUR)
    again = make_alert(snoozed_until=now - HOUR, silenced=True)
    over = make_alert(cleared_at=now)
    assert set(ids(get(api, "?state=open"))) == {cause.pk, again.pk}
    assert set(ids(get(api, "?state=acknowledged"))) == {mine.pk, later.pk}
    assert set(ids(get(api))) == {cause.pk, again.pk, mine.pk, later.pk}
    assert ids(get(api, "?state=past")) == [over.pk]
    assert ids(get(api, f"?state=all&cause={cause.pk}")) == [effect.pk]
    assert get(api)["open"] == {"info": 0, "warning": 0, "critical": 1}  # the silenced one is not
    assert next(each for each in get(api)["alerts"] if each["id"] == cause.pk)["effects"] == 1
    # Once the cause is over, what is left of it stands by itself.
    Alert.objects.filter(pk=cause.pk).update(cleared_at=now)
    assert effect.pk in ids(get(api, "?state=open"))


def test_those_of_series_have_what_is_said_of_their_devices_as_a_whole(api: APIClient):
    warm, other = make_alert("freezer-1"), make_alert("freezer-2")
    gone = make_alert("freezer-1", series=None, metric="")
    door = Series.objects.create(device=warm.device, metric="door")
    assert set(ids(get(api, f"?series={warm.series_id}"))) == {warm.pk, gone.pk}
    assert ids(get(api, f"?series={door.pk}")) == [gone.pk]
    assert len(get(api, f"?series={warm.series_id},{other.series_id}")["alerts"]) == 3
    assert api.get("/api/v1/alerts/?series=a").status_code == 400


def test_what_is_over_is_walked_from_the_newest_and_searched(api: APIClient):
    now = clock.now()
    door = {"sentence": "Door of Cold room is open for 10 min.", "device_name": "Cold room"}
    made = [make_alert(cleared_at=now, **(door if n % 2 else {})) for n in range(5)]
    newest = [each.pk for each in reversed(made)]
    first = get(api, "?state=past&limit=3")
    assert (ids(first), first["total"]) == (newest[:3], 5)
    assert ids(get(api, f"?state=past&limit=3&before={newest[2]}")) == newest[3:]
    assert ids(get(api, "?state=past&search=cold door")) == [made[3].pk, made[1].pk]
    assert ids(get(api, "?state=past&search=cold freezer-2")) == []
    assert get(api)["quiet_since"] == to_ms(now)


def test_of_a_span_those_that_stood_in_it(api: APIClient):
    now = clock.now()
    spans = [(9, 7), (5, 3), (4, None), (1, None)]
    made = [
        make_alert(
            started_at=now - start * HOUR, cleared_at=None if stop is None else now - stop * HOUR
        )
        for start, stop in spans
    ]
    span = f"from={to_ms(now - 6 * HOUR)}&to={to_ms(now - 2 * HOUR)}"
    found = get(api, f"?state=all&device=freezer-1&{span}")
    assert ids(found) == [made[2].pk, made[1].pk]


def test_a_list_says_since_when_no_rule_is_judged(api: APIClient):
    assert get(api)["not_judged_since"] is None
    then = clock.now() - HOUR
    for number in range(SHARES):
        EngineShare.objects.create(number=number, judged_at=then)
    assert get(api)["not_judged_since"] == to_ms(then)
    EngineShare.objects.update(judged_at=clock.now())
    assert get(api)["not_judged_since"] is None


@pytest.mark.parametrize(
    "query", ["state=new", "severity=bad", "limit=501", "before=x", "from=x", "sort=name"]
)
def test_what_is_not_understood_is_refused(api: APIClient, query: str):
    get(api, f"?{query}", status=400)


def test_one_with_its_history(api: APIClient, anna: User):
    earlier = make_alert(cleared_at=clock.now())
    make_alert("freezer-2", cleared_at=clock.now())
    alert = make_alert()
    actions.comment(alert.pk, EVERYTHING, anna, "the door")
    AlertEvent.objects.create(alert=alert, kind="notified", at=clock.now(), detail={"text": "x"})
    answer = get(api, f"{alert.pk}/")
    assert [(e["kind"], e["by"]) for e in answer["events"]] == [
        ("commented", "anna"),
        ("notified", None),
    ]
    assert [each["id"] for each in answer["earlier"]] == [earlier.pk]
    assert answer["alert"]["comments"] == 1
    assert answer["expected_interval"] == 60.0
    Device.objects.get(uid="freezer-1").delete()
    gone = get(api, f"{alert.pk}/")
    assert (gone["alert"]["device"], gone["alert"]["device_name"]) == (None, "Freezer 1")
    assert gone["expected_interval"] is None
    get(api, "999999/", status=404)


def test_many_are_answered_each_by_itself(api: APIClient):
    open_one, over = make_alert(), make_alert(cleared_at=clock.now())
    answer = post(
        api, "acknowledge", {"ids": [over.pk, open_one.pk, 10**9], "note": "both of them"}
    )
    told = {each["id"]: (each["changed"], each["detail"][:13]) for each in answer["alerts"]}
    assert told == {
        open_one.pk: (True, ""),
        over.pk: (False, "It cleared at"),
        10**9: (False, "There is no s"),
    }
    shown = next(each["alert"] for each in answer["alerts"] if each["id"] == open_one.pk)
    assert shown["acknowledged_by"] == "anna"
    assert [each["alert"] for each in answer["alerts"] if each["id"] == 10**9] == [None]
    post(api, "unacknowledge", {"ids": [open_one.pk]})
    post(api, "acknowledge", {"ids": [10**9]}, status=404)


def test_assigned_snoozed_and_commented(api: APIClient, anna: User):
    User.objects.create_user("gone", is_active=False)
    alert = make_alert()
    until = to_ms(clock.now() + HOUR)
    assert post(api, "assign", {"ids": [alert.pk], "to": "anna"})["alerts"][0]["changed"]
    post(api, "assign", {"ids": [alert.pk], "to": "gone"}, status=400)
    assert post(api, "snooze", {"ids": [alert.pk], "until": until})["alerts"][0]["changed"]
    past = post(api, "snooze", {"ids": [alert.pk], "until": 1_000})["alerts"][0]
    assert not past["changed"]
    assert "next 31 days" in past["detail"]
    assert post(api, "comment", {"ids": [alert.pk], "text": "seen"})["alerts"][0]["changed"]
    alert.refresh_from_db()
    assert (alert.assignee, to_ms(alert.snoozed_until)) == (anna, until)  # type: ignore[arg-type]
    assert get(api, "people/")["people"] == ["anna"]


def test_people_are_those_who_operate_something_that_one_sees(api: APIClient, anna: User):
    north, south = (Site.objects.create(name=slug, slug=slug) for slug in ("north", "south"))
    for name, role, site in (
        ("ben", Role.OPERATOR, north), ("cleo", Role.OPERATOR, south), ("dora", Role.VIEWER, north),
        ("emil", Role.ADMINISTRATOR, None),
    ):  # fmt: skip
        may(User.objects.create_user(name), (role, site))
    may(User.objects.create_user("gone", is_active=False), (Role.OPERATOR, north))
    may(User.objects.create_user("nobody"))
    assert get(api, "people/")["people"] == ["anna", "ben", "cleo", "emil"]
    assert api.get("/api/v1/log/people/").json()["people"] == [
        "anna",
        "ben",
        "cleo",
        "dora",
        "emil",
    ]
    may(anna, (Role.OPERATOR, north))
    assert get(api, "people/")["people"] == ["anna", "ben", "emil"]
    assert api.get("/api/v1/log/people/").json()["people"] == ["anna", "ben", "dora", "emil"]
    alert = make_alert(site=north)
    post(api, "assign", {"ids": [alert.pk], "to": "cleo"}, status=400)
    may(anna)
    assert get(api, "people/")["people"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("acknowledge", {}), ("acknowledge", {"ids": []}), ("acknowledge", {"ids": ["a"]}),
        ("acknowledge", {"ids": [1], "who": "me"}), ("comment", {"ids": [1], "text": ""}),
        ("acknowledge", {"ids": list(range(1, 202))}), ("snooze", {"ids": [1], "until": "soon"}),
        ("acknowledge", {"ids": [1], "note": "w" * 2001}), ("assign", {"ids": [1]}),
    ],
)  # fmt: skip
def test_a_request_that_says_too_little_or_too_much_is_refused(
    api: APIClient, path: str, body: Any
):
    post(api, path, body, status=400)


def test_statistics_name_what_fires_most_and_how_soon_somebody_came(api: APIClient, anna: User):
    now = clock.now()
    loud, rare = make_rule("Loud"), make_rule("Rare")

    def fired(hours: int, rule: Any = loud, uid: str = "freezer-1", **facts: Any) -> Alert:
        then = now - hours * HOUR
        return make_alert(uid, rule=rule, started_at=then, fired_at=then, **facts)

    minute = timedelta(minutes=1)
    for hours, minutes in ((5, 2), (4, 4), (3, 30)):
        then = now - hours * HOUR
        fired(
            hours, acknowledged_at=then + minutes * minute, cleared_at=then + HOUR, flaps=hours - 3
        )
    cause = fired(2, rare, "gateway-1", cleared_at=now - HOUR)
    fired(2, uid="freezer-2", cause=cause)  # counts with its cause
    fired(2, historic=True, cleared_at=now - HOUR)  # nobody was told
    fired(24 * 8)
    answer = get(api, "statistics/?days=7")
    assert (answer["alerts"], answer["acknowledged"]) == (4, 3)
    assert answer["median_to_acknowledge"] == 240.0
    assert 240.0 < answer["slow_to_acknowledge"] <= 1800.0
    assert answer["median_length"] == 3600.0
    assert [(each["name"], each["alerts"], each["flaps"]) for each in answer["rules"]] == [
        ("Loud", 3, 3),
        ("Rare", 1, 0),
    ]
    assert answer["rules"][0]["key"] == loud.pk
    assert answer["rules"][0]["seconds"] == pytest.approx(3 * 3600.0)
    assert [(each["key"], each["alerts"]) for each in answer["devices"]] == [
        ("freezer-1", 3),
        ("gateway-1", 1),
    ]
    assert answer["devices"][1]["unacknowledged"] == 1
    loud.delete()
    assert get(api, "statistics/?days=7")["rules"][0]["key"] is None
    get(api, "statistics/?days=0", status=400)


def silences(api: APIClient) -> list[Any]:
    return api.get("/api/v1/silences/").json()["silences"]


def test_a_silence_says_what_it_holds_back_now_and_is_ended(api: APIClient):
    site = Site.objects.create(slug="harbour", name="Harbour")
    make_alert(site=site)
    make_alert("freezer-2")
    body = {"site": "harbour", "ends_at": to_ms(clock.now() + HOUR), "reason": "defrosting"}
    made = api.post("/api/v1/silences/", body, format="json")
    assert made.status_code == 201, made.content
    (shown,) = silences(api)
    assert (shown["holds"], shown["held_back"], shown["created_by"]) == (True, 1, "anna")
    path = f"/api/v1/silences/{shown['id']}/"
    longer = api.patch(path, {"ends_at": None}, format="json")
    assert (longer.status_code, longer.json()["ends_at"]) == (200, None)
    assert api.delete(path).status_code == 204
    assert api.delete(path).status_code == 204  # ended twice
    (ended,) = silences(api)
    assert ended["holds"] is False
    later = {"device": "freezer-2", "starts_at": to_ms(clock.now() + HOUR)}
    coming = api.post("/api/v1/silences/", later, format="json").json()
    assert coming["holds"] is False
    assert [each["id"] for each in silences(api)] == [coming["id"], shown["id"]]
    assert api.delete(f"/api/v1/silences/{coming['id']}/").status_code == 204
    assert [each["id"] for each in silences(api)] == [shown["id"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"site": "nowhere"}, "site"), ({"device": 3}, "device"), ({"rule": 10**9}, "rule"),
        ({"ends_at": 1_000}, "ends_at"), ({"recurrence": {"zone": "Mars"}}, "recurrence"),
        ({"until": 1}, "until"), ({"reason": "w" * 201}, "reason"), ({"rule": "a"}, "rule"),
    ],
)  # fmt: skip
def test_a_silence_nobody_could_hold_is_refused(api: APIClient, body: Any, field: str):
    answer = api.post("/api/v1/silences/", body, format="json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
