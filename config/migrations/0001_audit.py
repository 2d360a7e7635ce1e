"""Every change of what people set is written down by the table itself, in its transaction."""

from django.db import migrations

from profiles.core.audited import TABLES

WRITER = """
CREATE FUNCTION sojourn_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    label text := TG_ARGV[1];
    hidden text[] := TG_ARGV[2]::text[];
    ignored text[] := TG_ARGV[3]::text[];
    was jsonb := CASE TG_OP WHEN 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    now_is jsonb := CASE TG_OP WHEN 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    known jsonb := was || now_is;
    changed jsonb;
BEGIN
    SELECT jsonb_object_agg(f.name, CASE WHEN f.name = ANY(hidden) THEN '["•••", "•••"]'::jsonb
        ELSE jsonb_build_array(was -> f.name, now_is -> f.name) END)
    INTO changed FROM jsonb_object_keys(known) AS f(name)
    WHERE f.name <> ALL(ignored) AND f.name <> 'id'
        AND (was -> f.name) IS DISTINCT FROM (now_is -> f.name);
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO profiles_auditentry (by, action, kind, ref, label, changes, note)
    VALUES (COALESCE(current_setting('sojourn.actor', true), ''),
        CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'changed' END,
        TG_ARGV[0], COALESCE(known ->> 'id', ''), COALESCE(known ->> label, ''), changed, '');
    RETURN NULL;
END $$;
"""


def _trigger(table: str) -> str:
    each = TABLES[table]
    hidden, ignored = (f"{{{','.join(names)}}}" for names in (each.hidden, each.ignored))
    return (
        f"CREATE TRIGGER {table}_audit AFTER {each.on} ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION sojourn_audit('{each.kind}', '{each.label}', '{hidden}', '{ignored}')"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0009_privacy"),
        ("channels", "0011_created_brin"),
        ("journeys", "0009_four_eyes"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunSQL(WRITER, "DROP FUNCTION sojourn_audit() CASCADE"),
        *(migrations.RunSQL(_trigger(table), migrations.RunSQL.noop) for table in TABLES),
    ]
