"""Tells the broker what it is to know of devices: a follower of `manage.py runengine`.

One process at a time does, by a lease. What is told is read when it is told, and only what differs
from what the broker has is changed, so that anything may be told twice.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now
from prometheus_client import Gauge

from bridge.accounts import claims
from bridge.accounts.control_account import control_account
from bridge.accounts.wanted import Wanted, wanted
from bridge.mqtt.broker import Broker
from bridge.mqtt.control import Control, ControlAway
from devices import clock
from devices.broker_account import PAUSE, BrokerAccount
from devices.dynsec import Json
from devices.dynsec_changes import changes, found, questions
from devices.models import Device
from telemetry.followers import REGISTRY, Follower
from telemetry.workers.lease import Lease

R = TypeVar("R")

LEASE = "broker-accounts"
POLL = 0.2  # seconds between two looks for something to tell: somebody waits to connect
HELD = 2.0  # seconds between two words for the lease; well below its term
STEP_SECONDS = 5.0  # of telling before the lease is held anew; well below its term
ASKED = 50  # devices that are asked about in one message
COUNT_EVERY = 10.0  # seconds between two counts for the metrics
# Seconds of one message. Mosquitto does nothing else meanwhile, and 2.0 writes its whole file for
# each command of it, so a message is made as long as its answers come soon.
SOON, LATE = 0.1, 0.3
MAX_COMMANDS = 100  # of one message
FIRST_RETRY, MAX_RETRY = 1.0, 300.0  # seconds until a device that was refused is told of again

_WAITING = Gauge(
    "pulseboard_broker_accounts_waiting", "Devices the broker has yet to be told of",
    registry=REGISTRY,
)  # fmt: skip
_OLDEST = Gauge(
    "pulseboard_broker_accounts_oldest_seconds", "For how long the oldest of these has waited",
    registry=REGISTRY,
)  # fmt: skip
_REFUSED = Gauge(
    "pulseboard_broker_accounts_refused", "Devices the broker has no right account of",
    registry=REGISTRY,
)  # fmt: skip


class Pace:
    """How many commands go into a message."""

    def __init__(self) -> None:
        self.size = 1

    def took(self, seconds: float) -> None:
        if seconds < SOON:
            self.size = min(self.size * 2, MAX_COMMANDS)
        elif seconds > LATE:
            self.size = max(self.size // 2, 1)


class Delivery:
    """One process's share of the telling: all of it or none."""

    def __init__(self, broker: Broker) -> None:
        owner = f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"
        self._lease = Lease(LEASE, owner)
        self._broker = broker
        self._control: Control | None = None
        self._pace = Pace()
        self._counted_at = -COUNT_EVERY  # monotonic seconds
        self._held_at: float | None = None  # monotonic seconds

    def step(self) -> float:
        """Raises `ControlAway`, and what the database raises."""
        if not self._is_ours():
            return HELD
        self._count()
        told = False
        until = time.monotonic() + STEP_SECONDS
        while time.monotonic() < until and self._is_ours() and (due := _due()):
            self._tell(due)
            told = True
        if not told and self._control is not None:
            self._talk(self._control.idle)
        return 0.0 if told else POLL

    def close(self) -> None:
        self._hang_up()
        self._held_at = None
        self._lease.release()

    def _is_ours(self) -> bool:
        now = time.monotonic()
        if self._held_at is None or now - self._held_at >= HELD:
            self._held_at = now if self._lease.hold() else None
            if self._held_at is None:
                self._hang_up()
        return self._held_at is not None

    def _tell(self, due: list[tuple[str, int]]) -> None:
        """Of these uids, with the number of the change that is wanted of each."""
        states = wanted([uid for uid, _ in due])
        asked = [(each, questions(each.uid, each.usernames)) for each in states]
        answers = iter(self._ask([word for _, words in asked for word in words], changing=False))
        for (state, words), (_, number) in zip(asked, due, strict=True):
            there = found([next(answers) for _ in words])
            commands, cannot = changes(state.uid, state.acls, state.accounts, there)
            wrong = ""
            while commands:
                size = self._pace.size
                wrong = wrong or _complaint(self._ask(commands[:size]))
                commands = commands[size:]
            _told(state, number, wrong or cannot, again=bool(wrong))

    def _ask(self, commands: Sequence[Json], *, changing: bool = True) -> list[Json]:
        if self._control is None:
            self._control = Control(self._broker).open()
        began = time.monotonic()
        control = self._control
        answers = self._talk(lambda: control.ask(commands))
        if changing:
            took = time.monotonic() - began
            self._pace.took(took)
            if took > SOON:  # the broker has others to serve
                time.sleep(min(took, LATE))
        return answers

    def _talk(self, work: Callable[[], R]) -> R:
        try:
            return work()
        except ControlAway:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        control, self._control = self._control, None
        if control is not None:
            control.close()

    def _count(self) -> None:
        if time.monotonic() - self._counted_at < COUNT_EVERY:
            return
        behind = BrokerAccount.objects.exclude(told=F("wanted"))
        waiting = behind.aggregate(count=Count("uid"), since=Min("since"))
        self._counted_at = time.monotonic()
        _WAITING.set(waiting["count"])
        since = waiting["since"]
        _OLDEST.set((clock.now() - since).total_seconds() if since else 0.0)
        _REFUSED.set(BrokerAccount.objects.exclude(error="").count())


def _due() -> list[tuple[str, int]]:
    # What is further off than we ever wait was noted before the database's clock was set back.
    waits = Q(failures__gt=0) | Q(paused_until__isnull=False)
    too_far = waits & Q(due_at__gt=Now() + max(PAUSE, timedelta(seconds=MAX_RETRY)))
    rows = BrokerAccount.objects.filter(Q(due_at__lte=Now()) | too_far).order_by("due_at", "uid")
    return list(rows.values_list("uid", "wanted")[:ASKED])


def _complaint(answers: Sequence[Json]) -> str:
    wrong = (f"{each['command']}: {each['error']}" for each in answers if "error" in each)
    return next(wrong, "")


@transaction.atomic
def _told(state: Wanted, number: int, error: str, *, again: bool) -> None:
    """Note it, unless more was wanted meanwhile."""
    row = BrokerAccount.objects.filter(pk=state.uid, wanted=number)
    if again:
        failures = row.values_list("failures", flat=True).first() or 0
        wait = min(FIRST_RETRY * 2 ** min(failures, 20), MAX_RETRY)
        later = Now() + timedelta(seconds=wait)
        noted = row.update(failures=failures + 1, error=error, due_at=later)
    elif state.device is None and state.paused_until is None:
        noted, _ = row.delete()
    else:
        # When its former token ends, or it may come in again, the broker is to be told.
        former = state.device.former_until if state.device and len(state.accounts) > 1 else None
        due = min(filter(None, (former, state.paused_until)), default=None)
        over: dict[str, Any] = {}
        if state.paused_until is None:
            over = {"paused_until": None, "denied": []}
        noted = row.update(told=number, failures=0, error=error, due_at=due, **over)
    if not noted:
        # What was told may be older than what another process told since; tell of it once more.
        BrokerAccount.objects.get_or_create(pk=state.uid)
        BrokerAccount.objects.filter(pk=state.uid).update(wanted=F("wanted") + 1, due_at=Now())
    elif state.device is not None and not error:
        _forget_sealed(state.device)


def _forget_sealed(device: Device) -> None:
    """The broker has them: nobody else needs them in the clear."""
    there = Device.with_removed.filter(pk=device.pk)
    if device.token_sealed:
        there.filter(token_sealed=device.token_sealed).update(token_sealed="")
    if device.former_sealed:
        there.filter(former_sealed=device.former_sealed).update(former_sealed="")


def begin() -> Delivery:
    return Delivery(control_account())


FOLLOWERS = (Follower("broker-accounts", begin), Follower("broker-claims", claims.begin))
