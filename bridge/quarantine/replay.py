"""Store quarantined messages whose cause is mended: device registered, decoder fixed.

A message is decoded again as if it came when it came. What is stored leaves quarantine in the same
transaction; what is still bad stays, with the reason it has now. Running it twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from bridge import listening
from bridge.commit.batch_rows import Committed, Rows
from bridge.commit.beside import Learning
from bridge.commit.rows import RowBuilder
from bridge.decode.items import Item, Reason
from bridge.decode.state import Facts
from bridge.errors import BridgeError
from bridge.intake.batch import Batch
from bridge.intake.instants import REPLAY_LANE, WIDTH, Instants, Lane, following
from bridge.intake.memory import Memory
from bridge.intake.redelivery import Deliveries, bare_samples, restamp
from bridge.quarantine.decoded import decoded
from bridge.quarantine.replay_events import ReplayEvents
from bridge.quarantine.selection import Selection
from devices.clock import now_us
from devices.registry import Registry
from telemetry import quarantine
from telemetry.live import message_log
from telemetry.live.contract import RefillReason
from telemetry.models import QuarantinedMessage
from telemetry.series.registry import SeriesRegistry
from telemetry.storage import errors, presence, store

CHUNK = 200  # messages of one transaction: at most 50 MiB of payload
MAX_REPLAY = 10_000  # messages one request goes through
MAX_SHIFTS = 1000  # instants a message without a time moves to find one that is free
NEVER_US = 2**62  # Unix microseconds
WORKER = "replay"


@dataclass(slots=True)
class Summary:
    """What became of the messages: `replayed = stored + partial + still_bad + cut`."""

    replayed: int = 0
    stored: int = 0  # gone from quarantine
    partial: int = 0  # good values stored, the message stays for its bad ones
    still_bad: int = 0
    cut: int = 0  # not kept whole, so never replayable
    readings: int = 0  # new ones
    more: bool = False  # the limit was reached first


class _Taken(BridgeError):
    """Messages, by id, whose receive time has a reading already: each moves on by an instant."""


class Replay:
    """One run over a selection, oldest message first."""

    def __init__(
        self,
        selection: Selection,
        *,
        most: int | None = None,
        dry_run: bool = False,
        reason: RefillReason = "replay",
    ) -> None:
        """`dry_run` does everything and takes it back. For this `reason` viewers load history
        again."""
        self.summary = Summary()
        self._messages = selection.messages()
        self._most = most
        self._dry_run = dry_run
        self._facts = Facts()
        self._decoder = listening.decoder(self._facts)
        self._registry = Registry()
        self._start_afresh()
        self._shift: dict[int, int] = {}  # message id: instants on its lane
        self._events = ReplayEvents(reason)

    def run(self, progress: Callable[[Summary], None] = lambda _summary: None) -> Summary:
        """Raises what the database raises; finished chunks stay finished."""
        Learning(self._facts).refresh(now_us() / 1e6)
        newest = self._messages.order_by("-id").values_list("id", flat=True).first() or 0
        # Not what arrives meanwhile: a device that goes on being wrong would never let it end.
        waiting = self._messages.filter(pk__lte=newest).order_by("received_at", "id")
        place = Q()
        while True:
            left = CHUNK if self._most is None else min(CHUNK, self._most - self.summary.replayed)
            found = list(waiting.filter(place).values_list("received_at", "id")[: max(1, left)])
            if not found:
                break
            if left <= 0:
                self.summary.more = True
                break
            at, last = found[-1]
            place = Q(received_at__gt=at) | Q(received_at=at, id__gt=last)
            self._commit([message_id for _, message_id in found])
            progress(self.summary)
        if not self._dry_run:
            self._events.refill()
            if self.summary.replayed:
                quarantine.announce_left()
        return self.summary

    def _commit(self, ids: list[int]) -> None:
        try:
            self._store(ids)
        except errors.ERRORS as exc:
            self._start_afresh()  # the series made in the transaction are gone
            if errors.is_temporary(exc):
                raise
            if len(ids) > 1:
                # Some row can never be stored: halve until it stands alone.
                self._commit(ids[: len(ids) // 2])
                self._commit(ids[len(ids) // 2 :])
            else:
                self._refuse(ids, errors.complaint(exc))

    def _store(self, ids: list[int]) -> None:
        while True:
            try:
                with transaction.atomic():
                    self._store_once(ids)
                    if self._dry_run:
                        transaction.set_rollback(True)
            except _Taken as taken:
                self._start_afresh()
                for message_id in taken.args[0]:
                    self._shift[message_id] = self._shift.get(message_id, 0) + 1
            else:
                if self._dry_run:
                    self._start_afresh()
                return

    def _store_once(self, ids: list[int]) -> None:
        # Another replay at work on some of them accounts for those.
        locked = QuarantinedMessage.objects.filter(pk__in=ids).select_for_update(skip_locked=True)
        kept = list(locked.order_by("received_at", "id"))
        whole = [message for message in kept if len(message.payload) == message.payload_size]
        read = [decoded(each, self._decoder, self._shift.get(each.pk, 0)) for each in whole]
        batch = Batch.of_items([message for message, _ in read], [items for _, items in read])
        bare = [self._stamp(batch, index, items) for index, (_, items) in enumerate(read)]
        self._registry.refresh(now_us() / 1e6)
        rows = self._rows.build(batch, 0, len(whole))
        rows.batch.quarantined = []  # they are there already
        rows.ignored.clear()  # they were counted when they came
        rows.batch.may_repeat = True
        alongside = self._rows.alongside(rows, batch)
        result = store.write(
            rows.batch,
            WORKER,
            alongside=alongside._replace(
                on_conflict=lambda conflicts: alongside.on_conflict(conflicts)[:0]
            ),
        )
        for index, kept_message in enumerate(whole):
            # A partial one was stored under its receive time before, and is to find itself again.
            if kept_message.partial or self._shift.get(kept_message.pk, 0) >= MAX_SHIFTS:
                bare[index] = 0
        if result.repeated and (taken := _taken(rows, result, batch.stamps, bare)):
            raise _Taken([whole[index].pk for index in taken])
        if rows.heard:
            presence.write_seen(rows.heard, rows.clock_replaced)
        amended = self._sort_out(whole, rows)
        self.summary.replayed += len(kept)
        self.summary.cut += len(kept) - len(whole)
        self.summary.readings += result.inserted
        if not self._dry_run:
            done = Committed.of(rows, result, self._series.take_changed())
            # Robust: it is stored, and the next chunk is to come.
            transaction.on_commit(lambda: self._events.tell(done, self._registry), robust=True)
            transaction.on_commit(lambda: message_log.amend(amended), robust=True)

    def _sort_out(self, whole: list[QuarantinedMessage], rows: Rows) -> list[message_log.Amended]:
        """Drop what is stored now, and note of the others why not; what became of each."""
        done, changed, amended = [], [], []
        for index, message in enumerate(whole):
            problems = rows.problems.get(index)
            if problems is None:
                done.append(message.pk)
                values = rows.verdict_of(index, message.uid).readings
                amended.append(quarantine.amended(message, "stored", values))
                continue
            problem = problems[0]
            before = (message.reason, message.detail, message.partial)
            message.reason, message.detail = problem.reason.value, problem.detail
            if index not in rows.rejected:
                message.partial = True
                self.summary.partial += 1
            verdict = "rejected" if index in rows.rejected else "partial"
            values = rows.verdict_of(index, message.uid).readings
            amended.append(quarantine.amended(message, verdict, values))
            if before != (message.reason, message.detail, message.partial):
                changed.append(message)
        self.summary.stored += len(done)
        self.summary.still_bad += len(rows.rejected)
        QuarantinedMessage.objects.filter(pk__in=done).delete()
        QuarantinedMessage.objects.bulk_update(changed, ["reason", "detail", "partial"])
        return amended

    def _refuse(self, ids: list[int], error: str) -> None:
        """Note that the database will not take the one message."""
        if not self._dry_run:
            refused = QuarantinedMessage.objects.filter(pk__in=ids)
            refused.update(reason=Reason.STORE_REJECTED.value, detail=error)
            message_log.amend([quarantine.amended(each, "rejected") for each in refused])
        self.summary.replayed += len(ids)
        self.summary.still_bad += len(ids)

    def _start_afresh(self) -> None:
        """Forget series and stamps of what was taken back."""
        instants = Instants(WORKER, 0)
        self._series = SeriesRegistry()
        known = Memory(self._registry, self._series, Deliveries(), instants, self._facts)
        self._rows = RowBuilder(known)
        self._lane = Lane(REPLAY_LANE, floor_us=0, until_us=NEVER_US)

    def _stamp(self, batch: Batch, index: int, items: list[Item]) -> int:
        """Give the samples without a time theirs; how many there are of one device."""
        bare = bare_samples(items)
        if not bare:
            return 0
        first = batch.messages[index].received_us
        if first % 1_000 < WIDTH:  # not stamped when it came
            first = self._lane.reserve_for_all(bare, first, NEVER_US)
        batch.stamps[index] = first
        restamp(items, first)
        return max(bare.values())


def _taken(rows: Rows, result: store.Written, stamps: dict[int, int], bare: list[int]) -> list[int]:
    """Messages of which a reading stamped here has the key of one that was there before."""
    found = []
    for index, keys in rows.keys_by_message():
        first = stamps.get(index, 0)
        given = {following(first, count) for count in range(bare[index])}
        if any(key in result.repeated and key[1] in given for key in keys):
            found.append(index)
    return found
