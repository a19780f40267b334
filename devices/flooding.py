"""Whoever floods is kept out by the broker for some minutes: refused here it would cost the others
time already (decision 0049).

A flood is a topic. The device whose topic it is loses its account meanwhile; whoever else may speak
there (a gateway, the account of other dialects) loses that topic, for what it says of others is not
to be lost with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now

from devices import topic_filter
from devices.broker_account import IS_KEPT_OUT, PAUSE, BrokerAccount
from devices.dynsec import GATEWAY
from devices.models import Device
from devices.mqtt_filters import child

MAX_DENIED = 20  # topics of one account; whoever floods more of them loses the account


class Flood(NamedTuple):
    """Messages far beyond what a sender may send."""

    topic: str
    uid: str = ""  # "": it speaks for many


def keep_out(floods: Iterable[Flood]) -> list[tuple[str, frozenset[str]]]:
    """Have the broker keep them out for `PAUSE`; the user names it was not keeping out before, each
    with its topics, or none for the whole account."""
    whole, topics = _concerned(list(floods))
    if topics.get(GATEWAY):
        BrokerAccount.objects.bulk_create([BrokerAccount(uid=GATEWAY)], ignore_conflicts=True)
    return _pause(whole, topics)


def _concerned(floods: list[Flood]) -> tuple[Set[str], Mapping[str, Set[str]]]:
    """Whose account floods, and who else may speak under which of the topics."""
    whole: set[str] = set()
    topics: dict[str, set[str]] = defaultdict(set)
    gateways = Device.objects.exclude(mqtt_filters=[]).exclude(token_digest="")
    filters = list(gateways.values_list("uid", "mqtt_filters"))
    for topic, uid in floods:
        owner = child(topic)
        # The topic of a dialect names a device that may have no account, or one it does not use.
        whole |= {each for each in (uid, owner) if each}
        for gateway, theirs in filters:
            if gateway != owner and any(topic_filter.matches(each, topic) for each in theirs):
                topics[gateway].add(topic)
        if owner is None:
            topics[GATEWAY].add(topic)
    return whole, topics


@transaction.atomic
def _pause(whole: Set[str], topics: Mapping[str, Set[str]]) -> list[tuple[str, frozenset[str]]]:
    rows = BrokerAccount.objects.filter(pk__in=whole | topics.keys()).select_for_update()
    new = []
    for row in rows.order_by("pk").annotate(kept_out=IS_KEPT_OUT):
        before = set(row.denied) if row.kept_out else set()
        denied = before | topics.get(row.uid, set())
        is_off = row.kept_out and not row.denied
        if is_off or row.uid in whole or len(denied) > MAX_DENIED:
            denied = set()
        if not row.kept_out or (not is_off and denied != before):
            _tell(row.uid, denied=sorted(denied), paused_until=Now() + PAUSE)
            new.append((row.uid, frozenset(denied - before)))
        elif row.told == row.wanted:
            # What it had sent is on its way still, or the broker is one that lost what it was told.
            _tell(row.uid)
    return new


def _tell(uid: str, **fields: object) -> None:
    BrokerAccount.objects.filter(pk=uid).update(
        since=Case(When(told=F("wanted"), then=Now()), default=F("since")),
        wanted=F("wanted") + 1,
        due_at=Now(),
        failures=0,
        **fields,
    )
