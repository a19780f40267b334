"""A role that may not do all that ingest does is told so, and a short limit cancels no batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import ProgrammingError, connection, transaction

from devices import clock
from telemetry.moments import to_us
from telemetry.storage import role, store, upkeep


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
def test_a_role_that_may_make_no_temporary_table_stores_what_comes_twice() -> None:
    now = clock.now()
    upkeep.make_days(now)
    at = to_us(now)
    batch = store.Batch([1, 1], [at, at + 1], [1.0, 2.0], [(2, at, "on")])
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(
            f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC; CREATE ROLE limited;"
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO limited;"
            "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO limited; SET ROLE limited"
        )
        try:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute("CREATE TEMPORARY TABLE t ()")
            role.check()
            assert store.write(batch, "bridge-0").inserted == 3
            again = store.write(batch, "bridge-0")
            assert (again.inserted, len(again.repeated)) == (0, 3)
            both = store.Batch([1, 1], [at + 1, at + 2], [2.0, 3.0])
            assert store.write(both, "bridge-0").inserted == 1
        finally:
            cursor.execute("RESET ROLE")


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
