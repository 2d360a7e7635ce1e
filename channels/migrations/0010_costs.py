"""What an SMS costs: an account's prices, and the segments and the cost of a message."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0009_orphans"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="prices",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Of an SMS segment by country, * for others: EUR DE 0.0651, * 0.09.",
                verbose_name="prices of a segment",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="cost",
            field=models.DecimalField(
                decimal_places=6, max_digits=14, null=True, verbose_name="cost"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="currency",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="currency"),
        ),
        migrations.AddField(
            model_name="message",
            name="segments",
            field=models.SmallIntegerField(null=True, verbose_name="SMS segments"),
        ),
    ]
