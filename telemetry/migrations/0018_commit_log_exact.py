"""The spans of a commit from its first reading to its last, no longer whole minutes: who judges
readings reads what is new and not the minute again. The function that gives minutes rounds."""

from django.db import migrations

BEFORE = """\
CREATE OR REPLACE FUNCTION dirty_minutes(start timestamptz, stop timestamptz)
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
"""

# A span of an older row ends where the minute after it begins; one minute too much does no harm.
AFTER = """\
CREATE OR REPLACE FUNCTION dirty_minutes(start timestamptz, stop timestamptz)
RETURNS TABLE (minute timestamptz) LANGUAGE sql STABLE AS $$
    SELECT dirty.minute FROM dirty_minute AS dirty, retention_state AS state
    WHERE dirty.minute >= greatest(start, state.raw_floor, state.raw_held) AND dirty.minute < stop
    UNION
    SELECT generate_series(
        greatest(
            date_bin('1 minute', lower(span), '1970-01-01Z'), start, state.raw_floor, state.raw_held
        ),
        least(date_bin('1 minute', upper(span), '1970-01-01Z'), stop - interval '1 minute'),
        interval '1 minute'
    )
    FROM retention_state AS state, commit_cursor AS cursor, commit_log AS log, unnest(spans) AS span
    WHERE cursor.reader = 'rollups' AND (log.xid, log.seq) > (cursor.xid, cursor.seq)
        AND log.spans && tstzrange(start, stop) AND span && tstzrange(start, stop)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0017_follower_run")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
