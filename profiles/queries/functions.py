"""The SQL functions that conditions call: read an instant without ever raising, fold case, find
what was followed by something.

Kept as text, so that migrations create them; all depend on their arguments alone.
"""

from profiles.core.instants import SHAPE

INSTANT = f"""
CREATE OR REPLACE FUNCTION profiles_instant(value text, zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN value ~ '^{SHAPE}$' AND left(value, 4) <> '0000' THEN
        CASE
            WHEN substr(value, 6, 5) IN ('02-30', '02-31', '04-31', '06-31', '09-31', '11-31')
                THEN NULL
            WHEN substr(value, 6, 5) = '02-29' AND (left(value, 4)::int % 4 > 0
                OR left(value, 4)::int % 100 = 0 AND left(value, 4)::int % 400 > 0)
                THEN NULL
            WHEN substr(value, 11) ~ '[Z+-]'
                THEN regexp_replace(value, '([.][0-9]{{6}})[0-9]+', '\\1')::timestamptz
            ELSE regexp_replace(value, '([.][0-9]{{6}})[0-9]+', '\\1')::timestamp AT TIME ZONE zone
        END
    END
$$;
"""
"""The instant that an ISO text names, in `zone` when it names none; NULL for any other text."""

FOLD = """
DO $do$
DECLARE
    known name[] := ARRAY['pg_c_utf8', 'und-x-icu', 'C.utf8'];
    folding text := (
        SELECT format('COLLATE %I', collname) FROM pg_collation
        WHERE collnamespace = 'pg_catalog'::regnamespace AND collname = ANY(known)
            AND collencoding IN (-1, pg_char_to_encoding('UTF8'))
        ORDER BY array_position(known, collname) LIMIT 1
    );
BEGIN
    EXECUTE format($sql$
        CREATE OR REPLACE FUNCTION profiles_fold(value text) RETURNS text
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
            SELECT replace(replace(
                translate(lower(upper(value %1$s) %1$s), 'ς', 'σ'),
                'ß', 'ss'), U&'i\\0307', 'i') COLLATE "C"
        $body$ $sql$, folding);
END $do$;
"""
"""Text without its case: each letter's capital's small letter, ß as ss, a dotted capital I as i.

The letters are PostgreSQL's own (17 and later) or ICU's, whatever the database's locale.
"""

FOLLOWED = """
CREATE OR REPLACE FUNCTION profiles_followed(
    these timestamptz[], those timestamptz[], within interval
) RETURNS timestamptz[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    found timestamptz[];
    one timestamptz;
    at int := 0;
BEGIN
    IF these IS NULL OR those IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH one IN ARRAY these LOOP
        WHILE those[at + 1] > one LOOP
            at := at + 1;
        END LOOP;
        IF at > 0 AND (within IS NULL OR those[at] <= one + within) THEN
            found := array_append(found, one);
        END IF;
    END LOOP;
    RETURN found;
END $$;
"""
"""The instants of `these` after which one of `those` came, at most `within` later; all arrays are
newest first, and NULL is empty.
"""

CREATE = (INSTANT, FOLD)
DROP = (
    "DROP FUNCTION IF EXISTS profiles_instant(text, text)",
    "DROP FUNCTION IF EXISTS profiles_fold(text)",
)
