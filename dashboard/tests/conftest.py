"""What the live tests share: a clean hub for each event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dashboard.database import watch
from dashboard.live import hub as hubs
from dashboard.live import link, viewer
from dashboard.tests import live_socket


@pytest_asyncio.fixture
async def hub(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[hubs.Hub]:
    """Patient: what a busy machine is late with is neither lost nor hopeless."""
    monkeypatch.setattr(hubs, "LINK_TIMEOUT", live_socket.DEADLINE)
    monkeypatch.setattr(link, "JOIN_TIMEOUT", live_socket.DEADLINE)
    monkeypatch.setattr(link, "BEAT_TIMEOUT", live_socket.DEADLINE)
    monkeypatch.setattr(viewer, "HOPELESS_AFTER", live_socket.DEADLINE)
    hub = hubs.current()
    yield hub
    await hub.close()
    await asyncio.to_thread(watch.stop)


@pytest.fixture
def cookie(transactional_db: None) -> str:
    return live_socket.make_cookie()
