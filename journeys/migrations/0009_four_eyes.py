"""Publishing and pausing are rights of their own; requests to publish."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journeys", "0008_override")]

    operations = [
        migrations.AlterModelOptions(
            name="journey",
            options={
                "permissions": [
                    ("publish_journey", "Can publish journeys"),
                    ("pause_journey", "Can pause, resume and stop journeys"),
                ],
                "verbose_name": "journey",
                "verbose_name_plural": "journeys",
            },
        ),
        migrations.CreateModel(
            name="PublishRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.IntegerField(verbose_name="revision")),
                ("by", models.TextField(verbose_name="asked by")),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
                ("at", models.DateTimeField(verbose_name="asked")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("open", "open"),
                            ("approved", "approved"),
                            ("declined", "declined"),
                            ("replaced", "replaced"),
                        ],
                        default="open",
                        verbose_name="state",
                    ),
                ),
                (
                    "decided_by",
                    models.TextField(blank=True, default="", verbose_name="decided by"),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                ("reason", models.TextField(blank=True, default="", verbose_name="reason")),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="journeys.journey",
                        verbose_name="journey",
                    ),
                ),
            ],
            options={
                "verbose_name": "request to publish",
                "verbose_name_plural": "requests to publish",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("journey",),
                        name="publishrequest_one_open",
                    )
                ],
            },
        ),
    ]
