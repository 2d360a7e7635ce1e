"""What sequences call: of some instants those that were followed by others."""

from django.db import migrations

from profiles.queries.functions import FOLLOWED


class Migration(migrations.Migration):
    dependencies = [("profiles", "0009_privacy")]

    operations = [
        migrations.RunSQL(
            FOLLOWED,
            "DROP FUNCTION IF EXISTS profiles_followed(timestamptz[], timestamptz[], interval)",
        )
    ]
