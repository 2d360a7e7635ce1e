"""The two functions that conditions call: texts as instants, letters without their case."""

from django.db import migrations

from profiles.queries.functions import CREATE, DROP


class Migration(migrations.Migration):
    dependencies = [("profiles", "0002_event_log")]

    operations = [migrations.RunSQL(list(CREATE), list(DROP))]
