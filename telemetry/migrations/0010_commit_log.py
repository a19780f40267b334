"""One durable log of commits, read by cursor; what retention has taken; the newest of each series."""

from django.db import migrations

FORWARD = """\
-- Who writes readings adds a row in the same transaction. Read in the order of (xid, seq), up to the
-- oldest transaction that still runs: docs/decisions, the commit log.
CREATE TABLE commit_log (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    series integer[] NOT NULL,
    spans tstzmultirange NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (xid, seq)
);
-- How far each reader is. A database that was loaded from a dump runs on a server with another
-- identifier, whose transaction ids begin elsewhere.
CREATE TABLE commit_cursor (
    reader text PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT '0',
    seq bigint NOT NULL DEFAULT 0,
    server bigint NOT NULL
);
INSERT INTO commit_cursor (reader, server)
SELECT 'rollups', system_identifier FROM pg_control_system();

-- Minutes with readings that are not rolled up yet, as the rollups took them from the log. The mark
-- changes when more comes, so that a run forgets only what it has seen.
CREATE TABLE dirty_minute (
    minute timestamptz PRIMARY KEY,
    mark bigint GENERATED ALWAYS AS IDENTITY
);
INSERT INTO dirty_minute (minute) SELECT DISTINCT minute FROM rollup_dirty;
DROP TABLE rollup_dirty;

CREATE TABLE retention_state (
    -- Readings before it were dropped: what comes there now is added to their summaries.
    raw_floor timestamptz NOT NULL DEFAULT 'epoch',
    -- Readings before it are being dropped: their minutes are not rolled up meanwhile.
    raw_held timestamptz NOT NULL DEFAULT 'epoch',
    -- Summaries of minutes before it were deleted.
    minute_floor timestamptz NOT NULL DEFAULT 'epoch',
    -- The database's clock when retention last looked at it and believed it.
    clock timestamptz
);
INSERT INTO retention_state DEFAULT VALUES;

-- The newest reading of each series whose readings retention has dropped.
CREATE TABLE last_reading (
    series_id integer PRIMARY KEY,
    time timestamptz NOT NULL,
    value double precision,
    text text
);

-- What is not rolled up yet of [start, stop), as far as the readings are all there.
CREATE FUNCTION dirty_minutes(start timestamptz, stop timestamptz)
RETURNS TABLE (minute timestamptz) LANGUAGE sql STABLE AS $$
    SELECT dirty.minute FROM dirty_minute AS dirty, retention_state AS state
    WHERE dirty.minute >= greatest(start, state.raw_floor, state.raw_held) AND dirty.minute < stop
    UNION
    SELECT generate_series(
        greatest(lower(span), start, state.raw_floor, state.raw_held),
        least(upper(span), stop) - interval '1 minute',
        interval '1 minute'
    )
    FROM retention_state AS state, commit_cursor AS cursor, commit_log AS log, unnest(spans) AS span
    WHERE cursor.reader = 'rollups' AND (log.xid, log.seq) > (cursor.xid, cursor.seq)
        AND log.spans && tstzrange(start, stop) AND span && tstzrange(start, stop)
$$;

DO $$
DECLARE
    oldest timestamptz;
BEGIN
    IF (SELECT relkind <> 'p' FROM pg_class WHERE oid = 'reading'::regclass) THEN
        UPDATE retention_state SET raw_floor = greatest(raw_floor, rollup_floor.floor) FROM rollup_floor;
        DROP TABLE rollup_floor;
        RETURN;
    END IF;
    -- What a minute, whose readings were dropped, counted before others came late.
    CREATE TABLE rollup_base (
        series_id integer NOT NULL,
        bucket timestamptz NOT NULL,
        count integer NOT NULL,
        sum double precision NOT NULL,
        min double precision NOT NULL,
        max double precision NOT NULL,
        first double precision NOT NULL,
        last double precision NOT NULL,
        PRIMARY KEY (series_id, bucket)
    );
    -- Made since the readings of its minute were dropped: from those that are there, and the base.
    ALTER TABLE rollup_1m ADD COLUMN since_drop boolean NOT NULL DEFAULT false;
    SELECT min(right(inhrelid::regclass::text, 8)::date)::timestamp AT TIME ZONE 'UTC' INTO oldest
    FROM pg_inherits WHERE inhparent = 'reading'::regclass;
    oldest := coalesce(oldest, now());
    IF EXISTS (SELECT FROM rollup_1m WHERE bucket < oldest) THEN
        UPDATE retention_state SET raw_floor = oldest;
    END IF;
END $$;
"""

REVERSE = """\
DO $$
BEGIN
    DROP FUNCTION dirty_minutes;
    IF (SELECT relkind = 'p' FROM pg_class WHERE oid = 'reading'::regclass) THEN
        ALTER TABLE rollup_1m DROP COLUMN since_drop;
        DROP TABLE rollup_base;
        CREATE TABLE rollup_dirty (minute timestamptz NOT NULL);
    ELSE
        CREATE TABLE rollup_floor (floor timestamptz NOT NULL);
        INSERT INTO rollup_floor SELECT raw_floor FROM retention_state;
        CREATE TABLE rollup_dirty (
            minute timestamptz NOT NULL,
            id bigint GENERATED ALWAYS AS IDENTITY
        );
    END IF;
    INSERT INTO rollup_dirty (minute)
    SELECT minute FROM dirty_minute
    UNION
    SELECT generate_series(lower(span), upper(span) - interval '1 minute', interval '1 minute')
    FROM commit_log, unnest(spans) AS span;
    DROP TABLE last_reading, retention_state, dirty_minute, commit_cursor, commit_log;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0009_no_default_partition")]

    operations = [migrations.RunSQL(FORWARD, REVERSE)]
