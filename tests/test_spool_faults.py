"""The database away under load: messages are acknowledged from the spool and stored once later."""

from __future__ import annotations

import psycopg

from tests.fault_stack import WITHIN, Stack, assert_acked_is_stored_once
from tests.waiting import eventually


def acked(stack: Stack) -> int:
    assert stack.publisher is not None
    return len(stack.publisher.acked)


def test_messages_are_acknowledged_while_the_database_is_away(stack: Stack) -> None:
    stack.postgres.kill()
    eventually(lambda: stack.bridge.said("messages go to"), WITHIN, what="spooling is said")
    before = acked(stack)
    eventually(lambda: acked(stack) > before + 100, WITHIN, what="the broker's queue moves on")
    stack.postgres.start()
    eventually(lambda: stack.bridge.said("spool drained"), WITHIN, what="the spool is drained")
    stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)


def test_a_bridge_killed_while_spooling_loses_and_doubles_nothing(stack: Stack) -> None:
    stack.postgres.kill()
    eventually(lambda: stack.bridge.said("messages go to"), WITHIN)
    stack.bridge.kill()
    stack.postgres.start()
    stack.bridge.start()
    stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)


def test_a_frozen_database_is_left_behind_and_caught_up_with(stack: Stack) -> None:
    stack.postgres.freeze()
    try:
        eventually(lambda: stack.bridge.said("messages go to"), WITHIN)
        before = acked(stack)
        eventually(lambda: acked(stack) > before + 50, WITHIN)
    finally:
        stack.postgres.thaw()
    eventually(lambda: stack.bridge.said("spool drained"), WITHIN)
    assert_acked_is_stored_once(stack)


def test_connections_cut_by_the_administrator_are_made_anew(stack: Stack) -> None:
    for _ in range(3):
        with psycopg.connect(stack.postgres.url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        stack.wait_stored_grows()
    assert_acked_is_stored_once(stack)
