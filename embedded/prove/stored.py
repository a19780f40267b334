"""The database as the proof sees it: its devices, and which numbers are really there.

Imported only once the environment names the servers: the settings are read on import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.models import Device
from embedded.prove.ledger import Verdict
from embedded.prove.load import Load
from embedded.prove.messages import LATE_MS, METRICS, TIMED_METRIC, Messages
from telemetry import proof
from telemetry.storage import errors
from telemetry.workers.worker_state import HTTP_PREFIX

WORKER_EQUATION = ("stored", "duplicate", "rejected", "spooled", "in_flight")


class Stored:
    """Asks through Django's connection, from one thread."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._since = datetime.now(UTC)
        self._devices: list[int] = []
        self.tokens: list[str] = []  # of the devices, in their order

    def register(self) -> None:
        """Make the devices of this run."""
        uids = self._messages.uids()
        devices = [Device(uid=uid, name=uid) for uid in uids]
        self.tokens = [device.issue_token() for device in devices]
        Device.objects.bulk_create(devices)
        self._devices = list(Device.objects.filter(uid__in=uids).values_list("id", flat=True))

    def forget(self) -> None:
        """Remove the devices with all they sent; their readings go with the next maintenance."""
        errors.reset_connection()
        Device.objects.filter(id__in=self._devices).delete()

    def _series(self, *metrics: str) -> list[int]:
        found = proof.series_of(self._devices)
        return [series for series, metric in found.items() if metric in metrics]

    def has_since(self, number: int) -> bool:
        """Whether a bridge has stored a message with this number or a later one; False while nobody
        can say.

        Asked of the timed ones, whose time follows from the number, and which no web process took.
        """
        start = datetime.fromtimestamp(self._messages.time_ms(number) / 1000, UTC)
        return _is_known(lambda: proof.is_stored_since(self._series(TIMED_METRIC), start))

    def is_name_held(self, worker: str) -> bool:
        """Whether it has its name to itself; False while nobody can say."""
        return _is_known(lambda: proof.is_name_held(worker))

    def numbers(self) -> Iterator[int]:
        """The number of every reading of this run, as often as it is stored."""
        series = self._series(*METRICS)
        return (int(value) for _, value in proof.ledger(series))

    def quarantined(self) -> list[int]:
        """The numbers of the poison in quarantine, and of nobody else's."""
        since = self._since - timedelta(milliseconds=LATE_MS)
        numbers = map(self._messages.poison_number, proof.quarantined_heads(since))
        return [number for number in numbers if number is not None]

    def compare(self, load: Load) -> Verdict:
        """Hold the ledger against what is there now."""
        # The quarantine first: nothing the ledger lacks may turn up between the two questions.
        quarantined = self.quarantined()
        return load.ledger.compare(list(self.numbers()), quarantined)

    def workers(self) -> list[dict[str, Any]]:
        """Each bridge worker's counters; none while the database is away."""
        try:
            return proof.workers()
        except errors.ERRORS:
            errors.reset_connection()
            return []

    def bridges(self) -> list[dict[str, Any]]:
        """The same of those that have a broker; a web process says nothing after its last post."""
        return [each for each in self.workers() if not each["name"].startswith(HTTP_PREFIX)]

    def cut_connections(self) -> int:
        return proof.cut_connections()

    def postgres_version(self) -> str:
        return proof.server_version()


def _is_known(ask: Callable[[], bool]) -> bool:
    """What the database says; False while it is away."""
    try:
        return ask()
    except errors.ERRORS:
        errors.reset_connection()
        return False


def balanced(counters: dict[str, Any]) -> bool:
    """Whether every message a worker received is accounted for."""
    return int(counters["received"]) == sum(int(counters[name]) for name in WORKER_EQUATION)
