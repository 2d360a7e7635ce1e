"""A customer's walk through a journey, the events it waits for, why it went where it went,
and what came of it.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EnrollmentStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    COMPLETED = "completed", _("completed")
    LEFT = "left", _("left")


class Enrollment(models.Model):
    """`due_at` is the only timer: found by a partial index, moved by the batch engine.

    Empty while an event is awaited.
    """

    customer = models.ForeignKey(
        "profiles.Customer",
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    journey = models.ForeignKey(
        "journeys.Journey",
        verbose_name=_("journey"),
        on_delete=models.CASCADE,
        related_name="enrollments",
        db_index=False,
    )
    version = models.ForeignKey(
        "journeys.Version",
        verbose_name=_("version"),
        on_delete=models.PROTECT,
        related_name="enrollments",
    )
    key = models.TextField(_("key"), default="", blank=True)
    status = models.TextField(
        _("status"), choices=EnrollmentStatus.choices, default=EnrollmentStatus.ACTIVE
    )
    ghost = models.TextField(_("control group"), default="", blank=True)
    arms = models.JSONField(_("arms"), default=dict)
    step = models.TextField(_("step"), default="", blank=True)
    visit = models.IntegerField(_("visit"), default=0)
    visits = models.JSONField(_("visits"), default=dict)
    due_at = models.DateTimeField(_("due"), null=True)
    step_at = models.DateTimeField(_("at this step since"))
    entry = models.JSONField(_("entry properties"), default=dict)
    entry_event_id = models.BigIntegerField(_("entry event"), null=True)
    context = models.JSONField(_("context"), default=dict)
    entered_at = models.DateTimeField(_("entered"))
    left_at = models.DateTimeField(_("left"), null=True)
    left_reason = models.TextField(_("left because"), default="", blank=True)
    exposed_at = models.DateTimeField(_("first message"), null=True)
    treated = models.BooleanField(_("got a message"), db_default=False)
    goal_until = models.DateTimeField(_("goal counts until"), null=True)
    converted_at = models.DateTimeField(_("converted"), null=True)
    met = models.JSONField(_("met during a pause"), null=True)
    failures = models.SmallIntegerField(_("failures"), default=0)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(
                fields=["journey", "customer", "key"],
                condition=models.Q(status="active"),
                name="enrollment_one_running",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(status="active", due_at__isnull=False),
                name="enrollment_due",
            ),
            models.Index(fields=["customer", "journey"], name="enrollment_customer"),
            models.Index(fields=["journey", "status", "step"], name="enrollment_place"),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id}/{self.customer_id}"


class Wait(models.Model):
    """One event name an enrollment listens for at its present step. Removed when it moves on."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="waits")
    customer_id = models.BigIntegerField()
    event = models.TextField(_("event"))
    since = models.DateTimeField(_("counts from"))

    class Meta:
        verbose_name = _("wait")
        verbose_name_plural = _("waits")
        indexes = [models.Index(fields=["customer_id", "event"], name="wait_listens")]

    def __str__(self) -> str:
        return self.event


class Decision(models.Model):
    """Why an enrollment went where it went: a reason code and the inputs that decided.

    Several rows for every move: PostgreSQL does not check their keys, which come from locked rows.
    The table is partitioned by the month of `at`, so that old months go at once.
    """

    enrollment_id = models.BigIntegerField(_("enrollment"), null=True)
    customer_id = models.BigIntegerField(_("customer"))
    journey = models.ForeignKey(
        "journeys.Journey",
        verbose_name=_("journey"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    version = models.ForeignKey(
        "journeys.Version",
        verbose_name=_("version"),
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    step = models.TextField(_("step"), default="", blank=True)
    visit = models.IntegerField(_("visit"), default=0)
    at = models.DateTimeField(_("at"))
    code = models.TextField(_("reason"))
    inputs = models.JSONField(_("inputs"), default=dict)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes = [
            models.Index(fields=["customer_id", "at"], name="decision_customer"),
            models.Index(fields=["journey", "code", "step"], name="decision_report"),
        ]

    def __str__(self) -> str:
        return f"{self.step}: {self.code}"


class Arrivals(models.Model):
    """How many entered a step, of whom the decision log does not tell any more."""

    journey = models.ForeignKey(
        "journeys.Journey",
        verbose_name=_("journey"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    step = models.TextField(_("step"))
    number = models.BigIntegerField(_("number"))

    class Meta:
        verbose_name = _("arrivals")
        verbose_name_plural = _("arrivals")
        constraints = [models.UniqueConstraint(fields=["journey", "step"], name="arrivals_once")]

    def __str__(self) -> str:
        return f"{self.step}: {self.number}"


class Conversion(models.Model):
    """The goal, reached once per enrollment within its window, with its value."""

    enrollment = models.OneToOneField(
        Enrollment, primary_key=True, on_delete=models.CASCADE, related_name="conversion"
    )
    customer_id = models.BigIntegerField(_("customer"))
    journey = models.ForeignKey(
        "journeys.Journey", on_delete=models.CASCADE, related_name="conversions"
    )
    version = models.ForeignKey(
        "journeys.Version", on_delete=models.CASCADE, related_name="conversions"
    )
    event_id = models.BigIntegerField(_("event"))
    at = models.DateTimeField(_("at"))
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4, null=True)

    class Meta:
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")

    def __str__(self) -> str:
        return f"{self.enrollment_id}"
