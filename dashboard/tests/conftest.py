"""What the live tests share: a clean hub for each event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dashboard import hub as hubs
from dashboard.tests import live_socket


@pytest_asyncio.fixture
async def hub(transactional_db: None) -> AsyncIterator[hubs.Hub]:
    hub = hubs.current()
    yield hub
    await hub.close()


@pytest.fixture
def cookie(transactional_db: None) -> str:
    return live_socket.make_cookie()
