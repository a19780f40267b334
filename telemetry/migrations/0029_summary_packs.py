"""The summaries of an hour's minutes and of a day's hours once more, as one row a series.

A window of a year is 8 760 hours of each series, which lie in nearly as many pages; here it is 365
rows. What changes or deletes a summary deletes what it is packed in, by trigger: nobody has to
think of it. On TimescaleDB, whose summaries are views, both tables stay empty.
"""

from django.db import migrations

SCHEMA = """\
-- Of all summaries there are of one series and span, as they are in the rollup: time, sum, count,
-- least and greatest, as Postgres sends them, 36 bytes each. PLAIN: two kilobytes of floats do not
-- compress, and what is moved out of the row is a page more for each.
CREATE TABLE minute_pack (
    series_id integer NOT NULL,
    start timestamptz NOT NULL, -- of an hour
    summaries bytea NOT NULL,
    PRIMARY KEY (series_id, start)
);
CREATE TABLE hour_pack (
    series_id integer NOT NULL,
    start timestamptz NOT NULL, -- of a day (UTC)
    -- The same of its quarters, with a count of 8 bytes: most windows of months need no more.
    quarters bytea NOT NULL,
    summaries bytea NOT NULL,
    PRIMARY KEY (series_id, start)
);
ALTER TABLE minute_pack ALTER COLUMN summaries SET STORAGE PLAIN;
ALTER TABLE hour_pack ALTER COLUMN summaries SET STORAGE PLAIN,
    ALTER COLUMN quarters SET STORAGE PLAIN;

-- The hours and days of which some series may have no pack yet.
CREATE TABLE unpacked_hour (start timestamptz PRIMARY KEY);
CREATE TABLE unpacked_day (start timestamptz PRIMARY KEY);
"""

# The lock is shared by all that change summaries, and the packer alone has it exclusively: it sees
# what was changed before, and who changes something after it sees its packs. The settings: a plan
# that was made while a table was small reads all of it for ever.
TRIGGERS = """\
CREATE FUNCTION forget_{fine}_packs() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1347767635);
    DELETE FROM {fine}_pack AS pack USING (
        SELECT DISTINCT series_id, date_bin('1 {coarse}', bucket, '1970-01-01Z') AS start FROM changed
    ) AS gone
    WHERE pack.series_id = gone.series_id AND pack.start = gone.start;
    INSERT INTO unpacked_{coarse} (start)
    SELECT DISTINCT date_bin('1 {coarse}', bucket, '1970-01-01Z') AS start FROM changed ORDER BY start
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE FUNCTION forget_all_{fine}_packs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1347767635);
    DELETE FROM {fine}_pack;
    RETURN NULL;
END
$$;
DO $do$
BEGIN
    IF (SELECT relkind = 'r' FROM pg_class WHERE oid = '{rollup}'::regclass) THEN
        CREATE TRIGGER forget_packs_of_new AFTER INSERT ON {rollup}
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION forget_{fine}_packs();
        CREATE TRIGGER forget_packs_of_changed AFTER UPDATE ON {rollup}
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION forget_{fine}_packs();
        CREATE TRIGGER forget_packs_of_deleted AFTER DELETE ON {rollup}
        REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION forget_{fine}_packs();
        CREATE TRIGGER forget_all_packs AFTER TRUNCATE ON {rollup}
        FOR EACH STATEMENT EXECUTE FUNCTION forget_all_{fine}_packs();
        -- `maintain` packs what is there.
        INSERT INTO unpacked_{coarse} (start)
        SELECT DISTINCT date_bin('1 {coarse}', bucket, '1970-01-01Z') FROM {next};
    END IF;
END
$do$;
"""

REVERSE = """\
DO $do$
BEGIN
    IF (SELECT relkind = 'r' FROM pg_class WHERE oid = '{rollup}'::regclass) THEN
        DROP TRIGGER forget_packs_of_new ON {rollup};
        DROP TRIGGER forget_packs_of_changed ON {rollup};
        DROP TRIGGER forget_packs_of_deleted ON {rollup};
        DROP TRIGGER forget_all_packs ON {rollup};
    END IF;
END
$do$;
DROP FUNCTION forget_{fine}_packs();
DROP FUNCTION forget_all_{fine}_packs();
DROP TABLE {fine}_pack, unpacked_{coarse};
"""

MINUTES = {"fine": "minute", "coarse": "hour", "rollup": "rollup_1m", "next": "rollup_1h"}
HOURS = {"fine": "hour", "coarse": "day", "rollup": "rollup_1h", "next": "rollup_1d"}


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0028_packs_sorted_small")]

    operations = [
        migrations.RunSQL(SCHEMA, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS.format(**MINUTES), REVERSE.format(**MINUTES)),
        migrations.RunSQL(TRIGGERS.format(**HOURS), REVERSE.format(**HOURS)),
    ]
