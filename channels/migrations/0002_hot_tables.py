"""The message table leaves room on its pages for its status moves."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE channels_message SET (fillfactor = 70)", migrations.RunSQL.noop
        ),
    ]
