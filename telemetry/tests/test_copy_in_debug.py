"""Readings are read as columns also with DEBUG, in which Django looks at every statement."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection

from telemetry.history import columns, news
from telemetry.storage import store

AT_US = 1_773_144_000_000_000  # 10 March 2026, 12:00


@pytest.mark.django_db
def test_columns_are_read_while_statements_are_kept() -> None:
    store.write(store.Batch([7], [AT_US], [1.5]), "w")
    connection.force_debug_cursor = True
    try:
        found = news.numbers(np.array([7], np.int32), np.array([AT_US - 1]), np.array([AT_US]))
        times, values = columns.numbers(7, AT_US, AT_US + 1)
    finally:
        connection.force_debug_cursor = False
    assert (found.times_us.tolist(), found.values.tolist()) == ([AT_US], [1.5])
    assert (times.tolist(), values.tolist()) == ([AT_US], [1.5])
