"""What holds for every test of what `up` starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from embedded.servers.claims import Claims


@pytest.fixture
def claims() -> Iterator[Claims]:
    """Of ports, given up with the test."""
    made = Claims()
    yield made
    made.give_up()
