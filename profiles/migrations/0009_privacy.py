"""The audit log, which only grows, and what is kept of the addresses of erased customers."""

import django.db.models.functions.datetime
from django.db import migrations, models

APPEND_ONLY = """
CREATE TRIGGER auditentry_append_only BEFORE UPDATE OR DELETE ON profiles_auditentry
    FOR EACH ROW EXECUTE FUNCTION profiles_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0008_segment_sizes")]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={
                "permissions": [
                    ("export_customer", "Can export all that is kept of a customer"),
                    ("erase_customer", "Can erase a customer"),
                ],
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="at"
                    ),
                ),
                ("by", models.TextField(blank=True, default="", verbose_name="by")),
                ("action", models.TextField(verbose_name="what")),
                ("kind", models.TextField(verbose_name="kind")),
                ("ref", models.TextField(blank=True, default="", verbose_name="which")),
                ("label", models.TextField(blank=True, default="", verbose_name="name")),
                ("changes", models.JSONField(default=dict, verbose_name="changes")),
                ("note", models.TextField(blank=True, default="", verbose_name="note")),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "indexes": [
                    models.Index(fields=["kind", "ref", "id"], name="auditentry_object"),
                    models.Index(fields=["by", "id"], name="auditentry_by"),
                    models.Index(fields=["at"], name="auditentry_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErasedAddress",
            fields=[
                (
                    "hash",
                    models.TextField(primary_key=True, serialize=False, verbose_name="hash"),
                ),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "erased address",
                "verbose_name_plural": "erased addresses",
            },
        ),
        migrations.RunSQL(
            APPEND_ONLY, "DROP TRIGGER auditentry_append_only ON profiles_auditentry"
        ),
    ]
