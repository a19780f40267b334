-- The role of our processes is no superuser: SQL that somebody smuggles into a statement of theirs
-- reads no file of the machine and runs no program. initdb makes it one, so what initdb made takes
-- another name, and a new role takes the old name and everything that is ours. Run in single-user
-- mode in the database `pulseboard`; what was done already is left as it is.

DO $$
DECLARE
    kept text;
    other name;
BEGIN
    SELECT rolpassword INTO kept FROM pg_authid WHERE oid = 10 AND rolname = 'pulseboard';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DROP ROLE IF EXISTS pulseboard_renaming;
    CREATE ROLE pulseboard_renaming SUPERUSER;
    SET SESSION AUTHORIZATION pulseboard_renaming;  -- nobody renames the role he himself is
    ALTER ROLE pulseboard RENAME TO pulseboard_superuser;
    SET SESSION AUTHORIZATION pulseboard_superuser;
    DROP ROLE pulseboard_renaming;
    ALTER ROLE pulseboard_superuser PASSWORD NULL;  -- so it signs in nowhere
    -- CREATEDB: a restore, and tests. CREATEROLE: roles for a broker or a report, none of them more
    -- than itself; whoever makes one may also take from it what it was granted.
    EXECUTE format(
        'CREATE ROLE pulseboard LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD %L', kept
    );
    ALTER ROLE pulseboard SET createrole_self_grant = 'set, inherit';
    GRANT pg_signal_backend TO pulseboard;  -- a restore ends whoever is in the way, autovacuum too
    FOR other IN
        SELECT rolname FROM pg_roles WHERE NOT rolsuper AND oid >= 16384 AND rolname <> 'pulseboard'
    LOOP
        EXECUTE format('GRANT %I TO pulseboard WITH ADMIN TRUE, INHERIT TRUE, SET TRUE', other);
    END LOOP;
END $$;

-- One transaction each: the locks of all tables of years at once are more than there is room for.
DO $$
DECLARE
    command text;
    summaries oid[];  -- views as well, that want another word
BEGIN
    IF to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL THEN
        EXECUTE 'SELECT array_agg(format(''%I.%I'', view_schema, view_name)::regclass)'
            ' FROM timescaledb_information.continuous_aggregates' INTO summaries;
    END IF;
    -- A job runs what is now the new role's, so it must not run as the superuser. TimescaleDB's own
    -- have numbers below 1000. In which schema they are depends on its version.
    FOR command IN
        SELECT format('UPDATE %s SET owner = ''pulseboard'' WHERE owner::oid = 10 AND id >= 1000', oid::regclass)
        FROM pg_class
        WHERE relname = 'bgw_job' AND relkind = 'r' AND relnamespace::regnamespace::text ~ '^_timescaledb_'
    LOOP
        EXECUTE command;
    END LOOP;
    FOR command IN
        SELECT format('ALTER DATABASE %I OWNER TO pulseboard', datname)
        FROM pg_database
        WHERE datdba = 10 AND NOT datistemplate AND datname <> 'postgres'
        UNION ALL
        SELECT format('ALTER SCHEMA %I OWNER TO pulseboard', nspname)
        FROM pg_namespace AS schema
        WHERE nspowner = 10 AND oid >= 16384 AND nspname !~ '^pg_'
            AND NOT EXISTS (  -- as whoever has its schema, TimescaleDB writes its catalogue
                SELECT FROM pg_depend
                WHERE classid = 'pg_namespace'::regclass AND objid = schema.oid AND deptype = 'e'
            )
        UNION ALL
        SELECT format(
            'ALTER %s %s OWNER TO pulseboard',
            CASE
                WHEN relkind = 'm' OR oid = ANY (summaries) THEN 'MATERIALIZED VIEW'
                WHEN relkind = 'v' THEN 'VIEW'
                WHEN relkind = 'S' THEN 'SEQUENCE'
                ELSE 'TABLE'
            END,
            oid::regclass
        )
        FROM pg_class AS relation
        WHERE relowner = 10 AND oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S')
            AND relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
            -- Chunks and what else TimescaleDB made for a table go along with that.
            AND relnamespace::regnamespace::text <> '_timescaledb_internal'
            AND NOT EXISTS (  -- of an extension; a sequence of a column goes along with its table
                SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = relation.oid
                    AND (deptype = 'e' OR relkind = 'S' AND deptype IN ('a', 'i'))
            )
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO pulseboard', oid::regprocedure)
        FROM pg_proc AS routine
        WHERE proowner = 10 AND oid >= 16384
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_proc'::regclass AND objid = routine.oid AND deptype = 'e'
            )
        UNION ALL
        SELECT format('ALTER TYPE %s OWNER TO pulseboard', oid::regtype)
        FROM pg_type AS type
        WHERE typowner = 10 AND oid >= 16384 AND typelem = 0
            AND (
                typtype IN ('d', 'e', 'r')
                OR EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'c')
            )
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_type'::regclass AND objid = type.oid AND deptype = 'e'
            )
        UNION ALL
        SELECT format('ALTER STATISTICS %I.%I OWNER TO pulseboard', stxnamespace::regnamespace, stxname)
        FROM pg_statistic_ext
        WHERE stxowner = 10
        UNION ALL
        SELECT format('ALTER LARGE OBJECT %s OWNER TO pulseboard', oid)
        FROM pg_largeobject_metadata
        WHERE lomowner = 10
    LOOP
        EXECUTE command;
        COMMIT;
    END LOOP;
END $$;

