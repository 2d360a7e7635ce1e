"""Published versions never change; enrollments have room on their pages for in-place updates."""

from django.db import migrations

IMMUTABLE = """
CREATE FUNCTION journeys_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version cannot be changed';
END $$;
CREATE TRIGGER version_immutable BEFORE UPDATE OF document, source, digest, number, journey_id
    ON journeys_version
    FOR EACH ROW EXECUTE FUNCTION journeys_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial")]

    operations = [
        migrations.RunSQL(IMMUTABLE, "DROP FUNCTION journeys_refuse_change() CASCADE"),
        migrations.RunSQL(
            "ALTER TABLE journeys_enrollment SET (fillfactor = 70)", migrations.RunSQL.noop
        ),
    ]
