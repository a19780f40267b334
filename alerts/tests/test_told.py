"""Who is told of an alert: decided once, with its reason, until somebody acknowledges."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from access.scope import EVERYTHING, Scope
from alerts import actions
from alerts.models import Alert, AlertEvent, Severity
from devices.models import Site
from notifications import deciding, digests, escalations, occasions, recipients
from notifications.channels.words import links
from notifications.content import Content
from notifications.models import (
    Channel,
    Decision,
    Escalation,
    Notification,
    Occasion,
    Policy,
    PolicyStep,
    Recipient,
    Rota,
    RotaMember,
)
from notifications.people.decision import SEVERITIES
from notifications.tests import made
from telemetry.series.said import Numeral, say
from telemetry.series.worded import spoken

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
NIGHT = datetime(2026, 7, 1, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUIET = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "07:00"}]


@pytest.fixture(autouse=True)
def _database(db: None) -> None: ...


def alert(severity: str = "critical", **more: Any) -> Alert:
    return Alert.objects.create(
        rule_name="Too warm", severity=severity, device_name="Freezer 1", uid="freezer-1",
        sentence="It is too warm", started_at=NOON, fired_at=NOON, **more,
    )  # fmt: skip


def person(name: str, **wishes: Any) -> User:
    user = User.objects.create_user(name)
    made.channel("ntfy", name=f"phone of {name}", owner=user)
    Recipient.objects.create(user=user, **wishes)
    return user


def policy(*steps: dict[str, Any], **more: Any) -> Policy:
    """Each step: minutes, and users, teams, rotas or channels."""
    new = Policy.objects.create(name=more.pop("name", "Cold chain"), minimum="info", **more)
    for number, step in enumerate(steps):
        row = PolicyStep.objects.create(policy=new, number=number, minutes=step.pop("minutes", 10))
        for name, those in step.items():
            getattr(row, name).set(those)
    return new


def happened(what: str, of: Alert, at: datetime = NOON, number: int = 1, **more: Any) -> Occasion:
    content = made.content(
        what="", alert_id=of.pk, severity=of.severity, sentence=of.sentence, started_at=NOON,
        site_id=of.site_id, **more,
    )  # fmt: skip
    key = f"alert-{of.pk}-{what}-{number}"
    occasions.tell(key, what, content)
    Occasion.objects.filter(key=key).update(due_at=at)
    return Occasion.objects.get(key=key)


def worked(at: datetime) -> None:
    """Everything that is due by then, as the follower does it."""
    while any([deciding.take_occasions(at), escalations.take_step(at), digests.take_held(at)]):
        pass


def told() -> list[tuple[str, str]]:
    """What went into the outbox, on which channel, in this order."""
    rows = Notification.objects.order_by("id")
    return [(row.channel_name, row.content["what"]) for row in rows]


def reasons() -> list[tuple[str, str]]:
    return list(Decision.objects.order_by("id").values_list("who", "why"))


def test_a_channel_takes_what_is_grave_enough_for_it() -> None:
    olga = person("olga")
    siren = made.channel("ntfy", name="siren of olga", owner=olga, minimum="critical")
    room = made.channel("slack", name="Cold room", minimum="critical")
    policy({"users": [olga], "channels": [room]})
    happened("fired", alert("warning"))
    worked(NOON)
    assert told() == [("phone of olga", "fired")]
    assert dict(reasons()) == {"olga": "now", "Cold room": "mild"}
    happened("fired", alert("critical"))
    worked(NOON)
    assert sorted(told()[1:]) == [
        (name, "fired") for name in ("Cold room", "phone of olga", siren.name)
    ]


def test_a_firing_goes_to_whom_its_policy_names_with_words_and_a_link(settings: Any):
    settings.PUBLIC_URL = "https://pulse.example"
    olga, room = person("olga"), made.channel("slack", name="Cold room")
    policy({"users": [olga], "channels": [room]})
    one = alert()
    happened("fired", one)
    worked(NOON)
    assert told() == [("phone of olga", "fired"), ("Cold room", "fired")]
    content = Notification.objects.order_by("id")[0].content
    assert content["subject"] == "[critical] It is too warm"
    assert (
        content["text"] == "It is too warm\nDevice: Freezer 1 (freezer-1)\nSince 2026-07-01 12:00"
    )
    assert content["acknowledge_url"].startswith("https://pulse.example/a/")
    assert content["url"] == f"https://pulse.example/alerts/?alert={one.pk}"
    (event,) = AlertEvent.objects.filter(alert=one)
    assert (event.kind, event.detail) == ("notified", {"text": "olga: told; Cold room: told"})


def test_each_is_told_in_their_own_language_whatever_the_process_speaks(settings: Any) -> None:
    settings.PUBLIC_URL = "https://pulse.example"
    olga, ben = person("olga", language="de"), person("ben")
    policy({"users": [olga, ben]})
    said = say("{subject} {value}, {limit}", subject="T", value=Numeral("−1.5 °C"),
               limit=say("limit {limit}", limit=Numeral("−15")))  # fmt: skip
    one = alert(said=said.form())
    happened("fired", one, said=one.said)
    worked(NOON)
    german, english = (row.content for row in Notification.objects.order_by("id"))
    assert german["subject"] == "[kritisch] T −1,5 °C, Grenze −15"
    assert german["text"].split("\n")[1:] == [
        "Gerät: Freezer 1 (freezer-1)", "Seit 2026-07-01 12:00"
    ]  # fmt: skip
    assert german["language"] == "de"
    assert english["subject"] == "[critical] T −1.5 °C, limit −15"
    with spoken(german["language"]):
        assert [label for label, _ in links(Content.read(german))] == ["Bestätigen", "Öffnen"]


def test_what_comes_twice_is_decided_once():
    policy({"users": [person("olga")]})
    one = alert()
    assert happened("fired", one) == happened("fired", one)
    worked(NOON)
    worked(NOON + MINUTE)
    assert told() == [("phone of olga", "fired")]


def test_without_an_acknowledgement_the_next_is_told_and_then_all_over_again():
    olga, max_ = person("olga"), person("max")
    policy({"users": [olga], "minutes": 5}, {"users": [max_], "minutes": 10}, repeat=1)
    happened("fired", alert())
    seen = []
    for minute in range(60):
        worked(NOON + minute * MINUTE)
        seen += [(minute, *each) for each in told()[len(seen) :]]
    assert seen == [
        (0, "phone of olga", "fired"),
        (5, "phone of max", "escalated"),
        (15, "phone of olga", "escalated"),
        (20, "phone of max", "escalated"),
    ]
    assert Escalation.objects.get().ended == "all_told"


@pytest.mark.parametrize("how", ["acknowledged", "over", "gone", "switched_off"])
def test_an_alert_that_needs_nobody_escalates_no_further(how: str):
    olga = person("olga")
    rule = policy({"users": [olga], "minutes": 5}, {"users": [person("max")]})
    one = alert()
    happened("fired", one)
    worked(NOON)
    if how == "acknowledged":
        actions.acknowledge(one.pk, EVERYTHING, olga)
    elif how == "over":
        Alert.objects.update(cleared_at=NOON + MINUTE)  # of its end nobody has told us yet
    elif how == "gone":
        one.delete()
    else:
        Policy.objects.filter(pk=rule.pk).update(enabled=False)
    worked(NOON + 5 * MINUTE)
    assert told() == [("phone of olga", "fired")]
    assert Escalation.objects.get().ended == how


def test_after_an_outage_of_ours_nobody_is_told_of_what_is_over_and_the_steps_keep_their_pace():
    policy({"users": [person("olga")], "minutes": 5}, {"users": [person("max")], "minutes": 5})
    over = alert(cleared_at=NOON + 30 * MINUTE)
    happened("fired", over)
    happened("fired", alert())
    later = NOON + timedelta(hours=6)
    worked(later)
    assert told() == [("phone of olga", "fired")]
    worked(later + 4 * MINUTE)
    assert len(told()) == 1
    worked(later + 5 * MINUTE)
    assert told()[1:] == [("phone of max", "escalated")]


def test_a_snoozed_alert_waits_until_the_snooze_ends_and_a_silenced_one_as_long():
    policy({"users": [person("olga")]})
    one = alert(snoozed_until=NOON + 30 * MINUTE)
    two = alert(silenced=True)
    happened("fired", one)
    happened("fired", two)
    worked(NOON)
    worked(NOON + 29 * MINUTE)
    assert told() == []
    Alert.objects.filter(pk=two.pk).update(silenced=False)
    worked(NOON + 30 * MINUTE)
    assert len(told()) == 2


def test_who_was_told_hears_that_it_is_over_and_nobody_more():
    olga, max_ = person("olga", minimum="info"), person("max", ends=False)
    policy({"users": [olga, max_], "minutes": 5}, {"users": [person("ira")]})
    one = alert()
    happened("fired", one)
    worked(NOON)
    Alert.objects.update(cleared_at=NOON + MINUTE)
    happened("cleared", one, cleared_at=NOON + MINUTE)
    worked(NOON + 10 * MINUTE)
    assert told() == [
        ("phone of olga", "fired"), ("phone of max", "fired"), ("phone of olga", "cleared"),
    ]  # fmt: skip
    text = Notification.objects.order_by("-id")[0].content["text"]
    assert text.endswith("Over since 2026-07-01 12:01, after 1 min")
    assert ("max", "not_of_ends") in reasons()


def test_word_of_an_end_that_is_no_end_any_more_is_not_passed_on():
    policy({"users": [person("olga")]})
    one = alert()  # it has fired again, and we come to the end of before only now
    happened("fired", one)
    worked(NOON)
    happened("cleared", one)
    worked(NOON)
    assert told() == [("phone of olga", "fired")]


def test_in_quiet_hours_it_waits_for_their_end_and_then_says_what_is_over():
    olga = person("olga", quiet=QUIET, zone="Europe/Berlin")
    policy({"users": [olga]})
    for number in range(3):
        one = alert("warning")
        happened("fired", one, NIGHT)
        worked(NIGHT)
        if number == 0:
            Alert.objects.filter(pk=one.pk).update(cleared_at=NIGHT + MINUTE)
            happened("cleared", one, NIGHT + MINUTE)
            worked(NIGHT + MINUTE)
    happened("fired", alert("critical"), NIGHT)
    worked(NIGHT)
    assert told() == [("phone of olga", "fired")]  # the critical one
    assert Decision.objects.filter(why="quiet").count() == 3
    text = AlertEvent.objects.filter(kind="notified").order_by("id")[0].detail["text"]
    assert text == "olga: not told yet: quiet hours until 05:00"
    five = datetime(2026, 7, 2, 5, tzinfo=UTC)  # seven in Berlin
    worked(five - MINUTE)
    assert len(told()) == 1
    worked(five)
    assert told()[1:] == [("phone of olga", "digest")]
    content = Notification.objects.order_by("-id")[0].content
    assert content["subject"] == "3 alerts"
    assert [item["over"] for item in content["items"]] == [True, False, False]
    assert "over since 02 Jul 01:01" in content["text"]
    assert not Decision.objects.filter(sent_at=None).exists()


@pytest.mark.parametrize(
    ("change", "why"), [("paused", "paused"), ("channel", "no_channel"), ("later", "quiet")]
)
def test_what_was_held_is_sent_by_what_its_recipient_wants_by_then(change: str, why: str):
    policy({"users": [person("olga", quiet=QUIET)]})
    happened("fired", alert("warning"), NIGHT)
    worked(NIGHT)
    seven = NIGHT + timedelta(hours=8)
    if change == "paused":
        Recipient.objects.update(paused_until=seven + MINUTE)
    elif change == "channel":
        Channel.objects.update(enabled=False)
    else:
        Recipient.objects.update(quiet=[{**QUIET[0], "to": "08:00"}])
    worked(seven)
    assert told() == []
    assert reasons() == [("olga", why)]
    worked(seven + timedelta(hours=1))
    assert told() == ([("phone of olga", "fired")] if change == "later" else [])


def test_what_cannot_be_sent_of_what_was_held_stops_no_other():
    policy({"users": [person("olga", quiet=QUIET), person("max", quiet=QUIET)]})
    broken = happened("fired", alert("warning"), NIGHT)
    worked(NIGHT)
    Occasion.objects.filter(pk=broken.pk).update(content={"labels": 7, "started_at": "soon"})
    happened("fired", alert("warning"), NIGHT)
    worked(NIGHT)
    worked(NIGHT + timedelta(hours=8))
    assert sorted(told()) == [("phone of max", "fired"), ("phone of olga", "fired")]


def test_after_three_months_it_is_forgotten_but_for_what_is_still_due():
    policy({"users": [person("olga", quiet=QUIET)]}, {"users": [person("max")]}, name="A")
    for severity in ("critical", "warning"):
        happened(
            "fired", alert(severity, cleared_at=None if severity == "warning" else NOON), NIGHT
        )
    worked(NIGHT)
    assert occasions.forget() == ""
    Occasion.objects.update(created_at=NOON - timedelta(days=400))
    assert occasions.forget() == "forgot 1 occasions"
    assert occasions.forget() == ""
    assert Escalation.objects.get().ended_at is None


def test_severities_are_those_of_alerts():
    assert list(SEVERITIES) == Severity.values


def test_the_only_one_that_was_held_and_still_stands_is_told_as_itself():
    policy({"users": [person("olga", quiet=QUIET)]})
    happened("fired", alert("warning"), NIGHT)
    worked(NIGHT)
    worked(NIGHT + timedelta(hours=8))
    assert told() == [("phone of olga", "fired")]


def test_a_storm_is_a_few_messages_and_one_with_the_rest():
    olga = person("olga", hourly=60)
    policy({"users": [olga]})
    for _ in range(recipients.BURST + 5):
        happened("fired", alert())
    worked(NOON)
    assert len(told()) == recipients.BURST
    worked(NOON + MINUTE)
    assert told()[recipients.BURST :] == [("phone of olga", "digest")]
    assert len(Notification.objects.order_by("-id")[0].content["items"]) == 5


def test_who_is_told_fits_what_the_policy_names():
    far, near = (Site.objects.create(slug=slug, name=slug) for slug in ("far", "near"))
    olga = person("olga")
    policy({"users": [olga]}, name="far", site=far)
    policy({"users": [olga]}, name="team", labels={"team": "cold"})
    policy({"users": [olga]}, name="off", enabled=False)
    Policy.objects.create(name="without a step", minimum="info")
    Policy.objects.filter(name="team").update(minimum="warning")
    cases = [(far, {}, "info"), (near, {}, "info"), (near, {"team": "cold", "a": "b"}, "warning"),
             (near, {"team": "cold"}, "info"), (near, {"team": "hot"}, "critical")]  # fmt: skip
    for site, labels, severity in cases:
        happened("fired", alert(severity, site=site), labels=labels)
    worked(NOON)
    names = Decision.objects.order_by("id").values_list("policy_name", flat=True)
    assert list(names) == ["far", "team"]
    # Each also fits the one without a step, which tells nobody.
    assert list(Occasion.objects.order_by("id").values_list("policies", flat=True)) == [
        2,
        1,
        2,
        1,
        1,
    ]


def test_an_alert_that_no_policy_is_for_says_so():
    one = alert()
    happened("fired", one)
    worked(NOON)
    assert reasons() == [("nobody", "no_policy")]
    text = AlertEvent.objects.get(alert=one).detail["text"]
    assert text == "nobody: not told: no policy is for such an alert"


def test_everybody_who_is_not_told_has_a_reason(monkeypatch: pytest.MonkeyPatch):
    site = Site.objects.create(slug="far", name="Far")
    mild, paused, blind, gone = (
        person("mild", minimum="critical"), person("paused", paused_until=NOON + MINUTE),
        person("blind"), person("gone"),
    )  # fmt: skip
    nobody = User.objects.create_user("no-channel")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    of = Scope.of
    monkeypatch.setattr(
        Scope, "of",
        classmethod(lambda _cls, who: Scope(frozenset()) if who == blind else of(who)),
    )  # fmt: skip
    rota = Rota.objects.create(
        name="Nights", zone="UTC", starts_on=date(2027, 1, 1), starts_at=time(9), shift_hours=24
    )
    off = made.channel("slack", name="off", enabled=False)
    policy({"users": [mild, paused, blind, gone, nobody], "rotas": [rota], "channels": [off]})
    happened("fired", alert("warning", site=site))
    worked(NOON)
    assert told() == []
    assert dict(reasons()) == {
        "mild": "mild", "paused": "paused", "blind": "out_of_sight", "gone": "nobody",
        "no-channel": "no_channel", "rota Nights": "nobody", "off": "no_channel",
    }  # fmt: skip
    said = AlertEvent.objects.get().detail["text"]
    assert "rota Nights: not told: nobody is there to tell" in said


def test_whose_turn_it_is_on_the_rota_is_told():
    rota = Rota.objects.create(
        name="Nights", zone="UTC", starts_on=date(2026, 6, 30), starts_at=time(12), shift_hours=24
    )
    for position, name in enumerate(("olga", "max")):
        RotaMember.objects.create(rota=rota, position=position, user=person(name))
    policy({"rotas": [rota]})
    happened("fired", alert())
    worked(NOON)
    assert told() == [("phone of max", "fired")]


def test_wishes_nobody_can_read_any_more_hold_nothing_back():
    wishes = {"quiet": "night", "digest_at": [7], "digest_below": "critical", "zone": "Mars/Base"}
    policy({"users": [person("olga", **wishes)]})
    happened("fired", alert("warning"), NIGHT)
    worked(NIGHT)
    assert told() == [("phone of olga", "fired")]


def test_what_cannot_be_decided_is_put_off_and_stops_no_other():
    policy({"users": [person("olga")]})
    broken = happened("fired", alert())
    Occasion.objects.filter(pk=broken.pk).update(content={"labels": 7, "alert_id": broken.alert_id})
    happened("fired", alert(), NOON + MINUTE)
    worked(NOON + MINUTE)
    assert told() == [("phone of olga", "fired")]
    broken.refresh_from_db()
    assert broken.decided_at is None
    assert broken.attempts == 1
    assert broken.due_at > NOON + MINUTE


def test_a_storm_is_decided_in_as_many_statements_as_two():
    one, gone = alert(), alert()
    for each in (one, gone):
        happened("fired", each)
    pk = gone.pk
    gone.delete()
    with CaptureQueriesContext(connection) as few:
        assert deciding.take_occasions(NOON)
    storm = [alert() for _ in range(60)]
    for each in storm:
        happened("fired", each)
    for each in storm[:20]:
        Alert.objects.filter(pk=each.pk).update(cleared_at=NOON)
        happened("cleared", each)
    happened("cleared", one)
    Alert.objects.filter(pk=one.pk).update(cleared_at=NOON)
    with CaptureQueriesContext(connection) as many:
        assert deciding.take_occasions(NOON)
    assert len(many) <= len(few) + 4  # those that clear are besides
    worked(NOON)
    assert not Occasion.objects.filter(decided_at=None).exists()
    assert Occasion.objects.filter(policies=0).count() == 62
    assert Decision.objects.filter(who="nobody", why="no_policy").count() == 62
    noted = AlertEvent.objects.filter(kind="notified").values_list("alert_id", flat=True)
    assert sorted(noted) == sorted([one.pk, *(each.pk for each in storm)])
    assert pk not in noted


def test_the_end_of_many_is_told_to_those_who_were_told():
    policy({"users": [person("olga", hourly=1000)]})
    storm = [alert() for _ in range(5)]
    for each in storm:
        happened("fired", each)
    worked(NOON)
    Alert.objects.update(cleared_at=NOON + MINUTE)
    for each in (*storm, alert(cleared_at=NOON)):
        happened("cleared", each, NOON + MINUTE)
    worked(NOON + MINUTE)
    assert told() == [("phone of olga", "fired")] * 5 + [("phone of olga", "cleared")] * 5
    assert set(Escalation.objects.values_list("ended", flat=True)) == {"over"}
    assert not Occasion.objects.filter(decided_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_processes_that_decide_at_once_send_no_step_twice():
    policy({"users": [person("olga", hourly=1000)], "minutes": 5}, {"users": [person("max")]})
    for _ in range(8):
        happened("fired", alert())
    begin = threading.Barrier(3)
    failed: list[BaseException] = []

    def process() -> None:
        try:
            begin.wait(30)
            worked(NOON)
            worked(NOON + 5 * MINUTE)
        except BaseException as exc:  # noqa: BLE001  (told below)
            failed.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=process) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failed == []
    counted = Decision.objects.order_by("id").values_list("alert_id", "step", "who")
    assert len(counted) == len(set(counted)) == 16
