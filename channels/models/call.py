"""A call of another system that a journey's step asked for, from the outbox to its answer."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.core.call import STATUSES


class Call(models.Model):
    """One call for one customer, rendered when it was asked for: every attempt sends the same.

    Unique per (enrollment, step, visit), like a message. `told` once the journey knows its end.
    """

    uid = models.UUIDField(_("public id"), db_default=RandomUUID(), unique=True)
    customer = models.ForeignKey(
        "profiles.Customer",
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    enrollment_id = models.BigIntegerField(_("enrollment"))
    journey = models.TextField(_("journey"))
    version = models.IntegerField(_("version"))
    step = models.TextField(_("step"))
    visit = models.IntegerField(_("visit"))
    method = models.TextField(_("method"))
    url = models.TextField(_("address"))
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("body"), null=True)
    saves = models.BooleanField(_("answer is kept"), default=False)
    timeout = models.SmallIntegerField(_("seconds an attempt may take"))
    retries = models.SmallIntegerField(_("retries"))
    status = models.TextField(
        _("status"), default="queued", choices=[(status, _(status)) for status in STATUSES]
    )
    reason = models.TextField(_("reason"), default="", blank=True)
    error = models.TextField(_("error"), default="", blank=True)
    http_status = models.IntegerField(_("HTTP status"), null=True)
    answer = models.JSONField(_("answer"), null=True)
    attempts = models.SmallIntegerField(_("attempts"), default=0)
    call_after = models.DateTimeField(_("call after"))
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)
    told = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.UniqueConstraint(fields=["enrollment_id", "step", "visit"], name="call_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=tuple(STATUSES)), name="call_known_status"
            ),
        ]
        indexes = [
            models.Index(
                fields=["call_after", "id"], condition=models.Q(status="queued"), name="call_due"
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(status="calling"), name="call_leased"
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(status__in=("answered", "failed"), told=False),
                name="call_untold",
            ),
            models.Index(fields=["customer", "created_at"], name="call_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url[:80]}"
