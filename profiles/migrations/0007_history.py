"""Numbers by month that reports keep of the past."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("profiles", "0006_pauses")]

    operations = [
        migrations.CreateModel(
            name="Cohort",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cohort", models.DateField(verbose_name="month of the first order")),
                ("month", models.DateField(verbose_name="month")),
                ("buyers", models.BigIntegerField(verbose_name="buyers")),
                (
                    "returned",
                    models.BigIntegerField(verbose_name="of them buyers in the month before"),
                ),
                ("orders", models.BigIntegerField(verbose_name="orders")),
                (
                    "revenue",
                    models.DecimalField(
                        decimal_places=4, max_digits=18, verbose_name="net revenue"
                    ),
                ),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
            ],
            options={
                "verbose_name": "cohort",
                "verbose_name_plural": "cohorts",
                "constraints": [
                    models.UniqueConstraint(fields=("cohort", "month"), name="cohort_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="StageMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                (
                    "before",
                    models.TextField(
                        blank=True, default="", verbose_name="stage when the month began"
                    ),
                ),
                ("after", models.TextField(verbose_name="stage when it ended")),
                ("customers", models.BigIntegerField(verbose_name="customers")),
                ("counted_at", models.DateTimeField(verbose_name="counted")),
            ],
            options={
                "verbose_name": "stage move",
                "verbose_name_plural": "stage moves",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "before", "after"), name="stagemove_once"
                    )
                ],
            },
        ),
    ]
