"""Everything the simulator counts, for the whole fleet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MAX_REASONS = 50  # distinct reasons kept of what the server said


@dataclass(slots=True)
class Tally:
    """Counts since the start. Two balances hold at any moment:

    samples_produced = samples_acked + samples_refused + samples_dropped + waiting (and held back);
    messages_sent = messages_acked + messages_refused + messages_interrupted + unacknowledged.
    """

    samples_produced: int = 0  # measurements taken, of all metrics of a device at once
    samples_acked: int = 0
    samples_refused: int = 0
    samples_dropped: int = 0  # oldest lost from a full outbox
    samples_backfilled: int = 0  # of those produced, measured for the time before the start
    readings_acked: int = 0  # single values in the acknowledged samples
    messages_sent: int = 0
    messages_acked: int = 0
    messages_refused: int = 0  # PUBACK with a failure code, or larger than the broker takes
    messages_interrupted: int = 0  # connection ended before their PUBACK
    stored_sent: int = 0  # messages of what was kept while offline
    late_sent: int = 0
    duplicates_sent: int = 0
    malformed_sent: int = 0
    offline_bursts: int = 0
    connects: int = 0
    reconnects: int = 0  # connects of a device that had been connected before
    connection_losses: int = 0  # not meant by us
    connect_failures: int = 0
    errors_told: int = 0  # messages on the devices' error topics
    ticks_skipped: int = 0  # measurements not taken because this process was too slow
    reasons: Counter[str] = field(default_factory=Counter)  # of errors_told

    def told(self, reason: str) -> None:
        """The server sent an error to a device."""
        self.errors_told += 1
        known = reason in self.reasons or len(self.reasons) < MAX_REASONS
        self.reasons[reason if known else "other"] += 1
