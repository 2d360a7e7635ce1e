"""How far the event log has been read, which schedule slots have run,
and what was set aside to be retried alone.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Cursor(models.Model):
    """A reader's place in the log: everything visible in snapshot `done` is behind it;
    the rest of `upto` is in work.
    """

    name = models.TextField(primary_key=True)
    done = models.TextField()
    upto = models.TextField(null=True)
    after_xid = models.BigIntegerField(default=0)
    after_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("cursor")
        verbose_name_plural = _("cursors")

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """One slot of one schedule trigger: unique, so that it runs once whoever ticks."""

    journey = models.ForeignKey("journeys.Journey", on_delete=models.CASCADE, related_name="slots")
    trigger = models.IntegerField()
    slot_at = models.DateTimeField(_("slot"))
    zone = models.TextField(_("time zone"), default="", blank=True)
    after_customer = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("schedule slot")
        verbose_name_plural = _("schedule slots")
        constraints = [
            models.UniqueConstraint(
                fields=["journey", "trigger", "slot_at", "zone"], name="slot_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} {self.slot_at}"


class DateEntry(models.Model):
    """When a customer falls due at a date trigger of a version."""

    version = models.ForeignKey("journeys.Version", on_delete=models.CASCADE, related_name="+")
    trigger = models.IntegerField()
    customer_id = models.BigIntegerField()
    due_at = models.DateTimeField(_("due"), db_index=True)

    class Meta:
        verbose_name = _("coming date")
        verbose_name_plural = _("coming dates")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "trigger", "customer_id"], name="date_entry_once"
            )
        ]
        indexes = [models.Index(fields=["customer_id"], name="date_entry_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.due_at}"


class Quota(models.Model):
    """How many came into a journey whose entrance is limited, in the span that began at `start`."""

    journey = models.ForeignKey(
        "journeys.Journey",
        verbose_name=_("journey"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    span = models.TextField(_("span"))
    start = models.DateTimeField(_("begun"))
    taken = models.BigIntegerField(_("places taken"))

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        constraints = [
            models.UniqueConstraint(fields=["journey", "span", "start"], name="quota_once")
        ]

    def __str__(self) -> str:
        return f"{self.span} {self.start}"


SET_ASIDE_KINDS = [("event", _("event")), ("enrollment", _("enrollment")), ("entry", _("entry"))]


class SetAside(models.Model):
    """An event or enrollment that failed in a batch, with its error;
    retried alone, then kept for an operator.
    """

    kind = models.TextField(_("kind"), choices=SET_ASIDE_KINDS)
    ref_id = models.BigIntegerField(_("id"))
    customer_id = models.BigIntegerField(_("customer"))
    error = models.TextField(_("error"))
    tries = models.IntegerField(_("tries"), default=1)
    retry_at = models.DateTimeField(_("retried at"), null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("set aside")
        verbose_name_plural = _("set aside")
        constraints = [models.UniqueConstraint(fields=["kind", "ref_id"], name="setaside_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref_id}"
