"""Any server killed under load: all recovers by itself, every acked message is stored once."""

from __future__ import annotations

import random
from pathlib import Path

import psycopg

from tests.bridge_process import BridgeProcess
from tests.fault_stack import WITHIN, Stack, assert_acked_is_stored_once
from tests.waiting import eventually


def test_bridge_killed_again_and_again(stack: Stack) -> None:
    chance = random.Random(1)
    for _ in range(4):
        before = stack.stored_count()
        goal = before + chance.randrange(1, 120)
        eventually(lambda: stack.stored_count() >= goal, WITHIN)  # noqa: B023  (called at once)
        stack.bridge.kill()
        stack.bridge.start()
    stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)


def test_postgres_killed_and_restarted(stack: Stack) -> None:
    stack.postgres.kill()
    eventually(lambda: stack.bridge.said("database away"), WITHIN, what="the bridge says so")
    stack.postgres.start()
    stack.wait_stored_grows()
    assert stack.bridge.process is not None
    assert stack.bridge.process.poll() is None
    assert_acked_is_stored_once(stack)


def test_redis_killed_and_restarted_costs_no_reading(stack: Stack) -> None:
    stack.redis.kill()
    eventually(lambda: stack.bridge.said("live frames not sent"), WITHIN, what="the bridge says so")
    stack.wait_stored_grows()
    stack.redis.start()
    stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)


def test_broker_restarted(stack: Stack) -> None:
    stack.broker.stop()
    eventually(lambda: stack.bridge.said("disconnected"), WITHIN, what="the bridge says so")
    stack.broker.start()
    stack.bridge.wait_connected(times=2)
    stack.wait_stored_grows()
    assert stack.bridge.said("lost our session") == 0
    assert_acked_is_stored_once(stack)


def test_one_of_two_workers_killed(unstarted: Stack, tmp_path: Path) -> None:
    stack = unstarted
    workers = [BridgeProcess(tmp_path / f"bridge-{n}.log", stack.environment) for n in (1, 2)]
    try:
        for slot, worker in enumerate(workers, 1):
            worker.start("--slot", str(slot), "--group", "pair")
        for worker in workers:
            worker.wait_connected()
        stack.start_load()
        eventually(lambda: both_store(stack), WITHIN, what="each worker stores its share")
        workers[1].kill()
        stack.wait_stored_grows()  # the other goes on
        workers[1].start("--slot", "2", "--group", "pair")
        workers[1].wait_connected(times=2)
        eventually(lambda: both_store(stack), WITHIN, what="each worker stores its share again")
        assert_acked_is_stored_once(stack)
    finally:
        for worker in workers:
            worker.close()


def both_store(stack: Stack) -> bool:
    """The books of both workers, which begin anew with each process, show something stored."""
    with psycopg.connect(stack.postgres.url) as connection:
        shares = connection.execute("SELECT counters->'stored' FROM telemetry_ingestworker")
        return [stored > 0 for (stored,) in shares] == [True, True]


def test_two_processes_never_share_a_slot(stack: Stack, tmp_path: Path) -> None:
    elsewhere = BridgeProcess(
        tmp_path / "elsewhere.log",
        {**stack.environment, "PULSEBOARD_SPOOL": str(tmp_path / "other-spool")},
    )
    second = BridgeProcess(tmp_path / "second.log", stack.environment)
    try:
        elsewhere.start()  # as on another machine
        second.start()
        assert second.wait() == 1
        assert second.said("Give each worker a --slot of its own")
        assert elsewhere.wait() == 1
        assert elsewhere.said("another process bridges as bridge-0")
        assert stack.bridge.said("disconnected") == 0
        assert_acked_is_stored_once(stack)
    finally:
        elsewhere.close()
        second.close()
