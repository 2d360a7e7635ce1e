"""Receipts that wait for their message are found by its name, and by their age."""

from django.db import migrations, models
from django.db.models.fields.json import KT


class Migration(migrations.Migration):
    dependencies = [("channels", "0008_texts_by_lz4")]

    operations = [
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                KT("detail__provider_id"), condition=models.Q(message=None), name="receipt_named"
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(
                fields=["received_at"], condition=models.Q(message=None), name="receipt_strange"
            ),
        ),
    ]
