"""What was tried and what came back:
attempts (written before the call) and receipts (from callbacks and pixels).
"""

from django.db import models
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _


class Attempt(models.Model):
    """One hand-over to a provider.

    Committed before the network call, closed with its outcome after it.
    """

    message = models.ForeignKey(
        "channels.Message",
        verbose_name=_("message"),
        on_delete=models.CASCADE,
        related_name="attempt_rows",
        db_index=False,
    )
    number = models.IntegerField(_("number"))
    account = models.ForeignKey(
        "channels.Account",
        verbose_name=_("account"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    outcome = models.TextField(_("outcome"), default="", blank=True)
    http_status = models.IntegerField(_("HTTP status"), null=True)
    provider_id = models.TextField(_("provider's id"), default="", blank=True)
    detail = models.TextField(_("detail"), default="", blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome or '…'}"


class Receipt(models.Model):
    """One thing a provider (or our own pixel, link or page) told us.

    Unique per source and key: repeats are harmless.
    """

    source = models.TextField(_("source"))
    key = models.TextField(_("key"))
    message = models.ForeignKey(
        "channels.Message",
        verbose_name=_("message"),
        null=True,
        on_delete=models.CASCADE,
        related_name="receipts",
    )
    kind = models.TextField(_("kind"))
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received"))
    machine = models.BooleanField(_("by a machine"), default=False)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="receipt_once")]
        indexes = [
            models.Index(
                KT("detail__provider_id"), condition=models.Q(message=None), name="receipt_named"
            ),
            models.Index(
                fields=["received_at"], condition=models.Q(message=None), name="receipt_strange"
            ),
        ]

    def __str__(self) -> str:
        return self.kind
