"""A role that may not do all that ingest does is told so, and a short limit cancels no batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from telemetry.storage import role, store


@pytest.fixture
def limited(db: None) -> Iterator[None]:
    """The session is that of a role with hardly a right."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE limited; GRANT SELECT, INSERT ON reading TO limited")
        cursor.execute("SET ROLE limited")
        yield
        cursor.execute("RESET ROLE")
        cursor.execute("REVOKE ALL ON reading FROM limited; DROP ROLE limited")


@pytest.mark.django_db
def test_a_role_with_every_right_is_fit() -> None:
    role.check()


def test_what_is_missing_is_named_with_what_grants_it(limited: None) -> None:
    with pytest.raises(role.NotAllowed, match=r"GRANT .*telemetry_quarantinedmessage") as refused:
        role.check()
    assert "text_reading" in str(refused.value)
    read_only = "telemetry_correction, retention_state, packed_day, reading_pack, text_pack"
    assert read_only in str(refused.value)
    assert " reading," not in str(refused.value)


@pytest.mark.django_db
def test_a_limit_on_statements_that_was_set_for_pages_cancels_no_batch() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;"
            "CREATE TRIGGER slow BEFORE INSERT ON reading FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        cursor.execute("SET statement_timeout = '500ms'")
        try:
            assert store.write(store.Batch([1], [1_000], [1.0]), "bridge-0").inserted == 1
        finally:
            cursor.execute("RESET statement_timeout")
