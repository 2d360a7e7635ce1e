"""API keys (kept as hashes) and the sandbox's test clock."""

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """A key for the event API (`write`) or the management API (`api`). Only its SHA-256 is kept."""

    name = models.TextField(_("name"))
    kind = models.TextField(_("kind"), choices=[("write", _("events")), ("api", _("management"))])
    prefix = models.TextField(_("begins with"))
    hash = models.TextField(_("hash"), unique=True, editable=False)
    scopes = ArrayField(models.TextField(), verbose_name=_("scopes"), default=list, blank=True)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Clock(models.Model):
    """The sandbox's clock: real time plus `shift`. One row."""

    shift = models.DurationField(_("shift"), default=dt.timedelta())

    class Meta:
        verbose_name = _("test clock")
        verbose_name_plural = _("test clock")

    def __str__(self) -> str:
        return str(self.shift)
