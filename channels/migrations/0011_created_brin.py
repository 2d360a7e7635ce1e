"""Finds the messages of the last days without reading all of them; old rows cost it nothing."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("channels", "0010_costs")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=BrinIndex(autosummarize=True, fields=["created_at"], name="message_created"),
        ),
    ]
