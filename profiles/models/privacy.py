"""Who did what to whom and when, and the addresses of whom nothing else is kept."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One change, with what it changed. Rows are only ever added: the database refuses the rest.

    `by` is `admin:NAME`, `key:NAME`, `command` or "" for the system itself; `changes` has what was
    and what is, by field.
    """

    at = models.DateTimeField(_("at"), db_default=Now())
    by = models.TextField(_("by"), default="", blank=True)
    action = models.TextField(_("what"))
    kind = models.TextField(_("kind"))
    ref = models.TextField(_("which"), default="", blank=True)
    label = models.TextField(_("name"), default="", blank=True)
    changes = models.JSONField(_("changes"), default=dict)
    note = models.TextField(_("note"), default="", blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["kind", "ref", "id"], name="auditentry_object"),
            models.Index(fields=["by", "id"], name="auditentry_by"),
            models.Index(fields=["at"], name="auditentry_at"),
        ]

    def __str__(self) -> str:
        return self.label or self.ref


class ErasedAddress(models.Model):
    """An address of a customer who was erased, as a keyed hash, and why it is closed."""

    hash = models.TextField(_("hash"), primary_key=True)
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("erased address")
        verbose_name_plural = _("erased addresses")

    def __str__(self) -> str:
        return self.hash[:12]
