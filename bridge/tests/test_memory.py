"""What a batch takes of memory is free when it is committed, whether the cyclic collector comes or
not: at full speed that would be a second late, with tens of thousands of messages."""

from __future__ import annotations

import gc

from bridge.commit.batch_rows import Rows
from bridge.intake.batch import Batch
from bridge.tests.test_transaction import Transaction, message, transaction
from telemetry.storage import store

__all__ = ["transaction"]

ORDINARY = b'{"ts":1699999999000,"values":{"t":21.5}}'
CONFLICTING = b'{"ts":1699999999000,"values":{"t":22.5}}'
PARTIAL = b'{"ts":1699999998000,"values":{"t":1.5,"bad":[1]}}'
BATCH_TYPES = (Batch, Rows, store.Batch)


def held() -> list[object]:
    return [each for each in gc.get_objects() if type(each) in BATCH_TYPES]


def test_a_committed_batch_is_free_at_once(transaction: Transaction) -> None:
    transaction.commit([message(ORDINARY)])  # the series is made here
    gc.collect()
    gc.disable()
    try:
        for payload in (ORDINARY, CONFLICTING, PARTIAL, b'{"n":1e400}', b"{"):
            transaction.commit([message(payload)])
            assert held() == [], payload
    finally:
        gc.enable()
