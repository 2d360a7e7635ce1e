"""Whether a message of an enrollment was sent, and not only withheld."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0005_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrollment",
            name="treated",
            field=models.BooleanField(db_default=False, verbose_name="got a message"),
        ),
        migrations.RunSQL(
            "UPDATE journeys_enrollment SET treated = true"
            " WHERE exposed_at IS NOT NULL AND ghost = ''",
            migrations.RunSQL.noop,
        ),
    ]
