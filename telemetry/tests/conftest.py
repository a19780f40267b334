"""Somebody who is logged in, and a TimescaleDB with all migrations for tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from telemetry.storage.backend import is_timescale
from telemetry.tests.timescaledb import connected, rows, server, turned_to


@pytest.fixture
def api(db: None) -> APIClient:
    """Logged in as somebody who is stored: an answer that takes long asks for them again."""
    client = APIClient()
    client.force_authenticate(User.objects.create(username="amy", is_superuser=True))
    return client


@pytest.fixture(scope="package")
def timescaledb(django_db_blocker) -> Iterator[int]:
    """Its port."""
    with server() as port:
        with django_db_blocker.unblock(), connected(port):
            rows("CREATE EXTENSION timescaledb")  # as its image and hosted services do
            call_command("migrate", verbosity=0)
            assert is_timescale()
        yield port


@pytest.fixture
def on_timescaledb(timescaledb: int, django_db_blocker) -> Iterator[None]:
    """Django's connection is to it, empty but for a device with three series."""
    with django_db_blocker.unblock(), turned_to(timescaledb):
        yield
