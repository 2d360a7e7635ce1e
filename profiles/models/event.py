"""The event log: partitioned by month, append-only, read by the writer's transaction id."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened to one customer.

    `at` is when it happened, `received_at` when it reached us.
    """

    id = models.BigIntegerField(primary_key=True)
    customer = models.ForeignKey(
        "profiles.Customer",
        verbose_name=_("customer"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
    )
    name = models.TextField(_("name"))
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received"))
    source = models.TextField(_("source"))
    message_id = models.TextField(_("message id"))
    properties = models.JSONField(_("properties"))
    context = models.JSONField(_("context"))

    class Meta:
        managed = False
        db_table = "profiles_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"


class EventKey(models.Model):
    """The messageIds already taken, per source: what makes a retry harmless."""

    pk = models.CompositePrimaryKey("source", "message_id")
    source = models.TextField()
    message_id = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("event key")
        verbose_name_plural = _("event keys")

    def __str__(self) -> str:
        return f"{self.source}:{self.message_id}"
