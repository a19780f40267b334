"""What is noted of deliveries with their rows, so that one that comes again is recognised."""

from __future__ import annotations

from bridge.commit.batch_rows import Rows
from bridge.intake.batch import FROM_SPOOL, Batch
from bridge.intake.redelivery import INHERITED, REJECTED, Deliveries, delivery, pack


def note(rows: Rows, batch: Batch, known: Deliveries) -> None:
    """What a redelivery of the messages that were stamped or rejected will look like."""
    mine = {index: at for index, at in batch.stamps.items() if rows.start <= index < rows.stop}
    noted = mine | dict.fromkeys(rows.rejected, REJECTED)
    deliveries = [
        delivery(batch.messages[index], stamp)
        for index, stamp in sorted(noted.items())
        # One that was rejected before is known as such already.
        if batch.messages[index].mid and (stamp or mine.get(index) != 0)
    ]
    serial = batch.serial
    if batch.generation == FROM_SPOOL:
        # Long acknowledged, as a rule: its packet identifier may be another message's by now.
        serials = {each: known.serial_of(each) for each in deliveries}
        deliveries = [each for each in deliveries if serials[each] is not None]
        serial = max((each for each in serials.values() if each is not None), default=INHERITED)
    else:
        known.remember([each for each in deliveries if each[2] == REJECTED], batch.serial)
    if deliveries:
        rows.batch.deliveries = pack(deliveries)
        rows.batch.delivery_process = known.process if serial else ""
        rows.batch.delivery_serial = serial
