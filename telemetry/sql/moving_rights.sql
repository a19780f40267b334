-- name: list_hindrances
-- What somebody made of the tables that hypertables cannot have, or that ends with the tables: views
-- over them, publications, triggers, policies, and rights on single columns.
WITH moved AS (
    SELECT unnest(ARRAY[
        'reading'::regclass, 'text_reading'::regclass, 'rollup_1m'::regclass,
        'rollup_1h'::regclass, 'rollup_1d'::regclass
    ]) AS id
)
SELECT DISTINCT CASE WHEN class.relkind = 'm' THEN 'the materialized view ' ELSE 'the view ' END
    || class.oid::regclass::text
FROM moved
JOIN pg_depend AS depends ON depends.refclassid = 'pg_class'::regclass AND depends.refobjid = moved.id
    AND depends.classid = 'pg_rewrite'::regclass
JOIN pg_rewrite AS rule ON rule.oid = depends.objid
JOIN pg_class AS class ON class.oid = rule.ev_class
UNION
SELECT 'the publication ' || quote_ident(published.pubname)
FROM moved
JOIN pg_publication_rel AS listed ON listed.prrelid = moved.id
JOIN pg_publication AS published ON published.oid = listed.prpubid
UNION
SELECT format('the trigger %%I of %%s', fired.tgname, moved.id)
FROM moved JOIN pg_trigger AS fired ON fired.tgrelid = moved.id AND NOT fired.tgisinternal
    AND fired.tgname NOT IN ('move_notes_come', 'move_notes_gone') -- the move's own
UNION
SELECT format('the policy %%I of %%s', policy.polname, moved.id)
FROM moved JOIN pg_policy AS policy ON policy.polrelid = moved.id
UNION
SELECT format('the rights on the column %%I of %%s', attname, moved.id)
FROM moved JOIN pg_attribute ON attrelid = moved.id AND attacl IS NOT NULL AND NOT attisdropped
ORDER BY 1

-- name: take_over_rights
-- Gives the copies the owner, the grants and the comments of the tables, as far as they differ: a
-- change of a hypertable's owner locks every chunk of it.
DO $$
DECLARE
    name text;
    kind text;
    old oid;
    new oid;
    owner text;
    said record;
BEGIN
    FOREACH name IN ARRAY ARRAY['reading', 'text_reading', 'rollup_1m', 'rollup_1h', 'rollup_1d'] LOOP
        old := to_regclass(name);
        new := to_regclass('pulseboard_move.' || name);
        kind := CASE WHEN name LIKE 'rollup%' THEN 'VIEW' ELSE 'TABLE' END;
        SELECT pg_get_userbyid(was.relowner) INTO owner
        FROM pg_class AS was JOIN pg_class AS copied ON copied.oid = new
        WHERE was.oid = old AND was.relowner <> copied.relowner;
        IF FOUND THEN
            EXECUTE format('GRANT CREATE, USAGE ON SCHEMA pulseboard_move TO %I', owner);
            EXECUTE format('ALTER %s pulseboard_move.%I OWNER TO %I',
                replace(kind, 'VIEW', 'MATERIALIZED VIEW'), name, owner);
        END IF;
        FOR said IN
            WITH given AS (
                SELECT class.oid, right_of.privilege_type AS privilege,
                    right_of.grantee, right_of.is_grantable
                FROM pg_class AS class
                CROSS JOIN LATERAL aclexplode(
                    coalesce(class.relacl, acldefault('r', class.relowner))
                ) AS right_of
                WHERE class.oid IN (old, new)
            ), was AS (
                SELECT privilege, grantee, is_grantable FROM given WHERE oid = old
            ), copied AS (
                SELECT privilege, grantee, is_grantable FROM given WHERE oid = new
            )
            -- First what goes: it would take the right with the option to grant it along.
            SELECT 1 AS turn, gone.* FROM (SELECT * FROM copied EXCEPT SELECT * FROM was) AS gone
            UNION ALL
            SELECT 2, come.* FROM (SELECT * FROM was EXCEPT SELECT * FROM copied) AS come
            ORDER BY turn
        LOOP
            EXECUTE format(
                CASE said.turn WHEN 1 THEN 'REVOKE %s ON pulseboard_move.%I FROM %s'
                    ELSE 'GRANT %s ON pulseboard_move.%I TO %s %s' END,
                said.privilege, name,
                CASE said.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(said.grantee)) END,
                CASE WHEN said.is_grantable THEN 'WITH GRANT OPTION' ELSE '' END
            );
        END LOOP;
        FOR said IN
            SELECT told.objsubid, told.description, attname
            FROM pg_description AS told
            LEFT JOIN pg_attribute ON attrelid = old AND attnum = told.objsubid AND attnum > 0
            WHERE told.classoid = 'pg_class'::regclass AND told.objoid = old
        LOOP
            IF said.objsubid = 0 THEN
                EXECUTE format('COMMENT ON %s pulseboard_move.%I IS %L', kind, name, said.description);
            ELSE
                EXECUTE format('COMMENT ON COLUMN pulseboard_move.%I.%I IS %L',
                    name, said.attname, said.description);
            END IF;
        END LOOP;
    END LOOP;
END $$
