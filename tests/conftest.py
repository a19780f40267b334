"""What the tests of faults share: one cluster with tables in it for all of them to copy."""

from tests.fault_stack import (
    filled_postgres,
    messages_per_second,
    senders,
    stack,
    unstarted,
)

__all__ = [
    "filled_postgres",
    "messages_per_second",
    "senders",
    "stack",
    "unstarted",
]  # fixtures
