"""A provider account: which adapter, which sender, and its secrets, encrypted at rest."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"sojourn.account.settings:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


class Account(models.Model):
    """`options` (API keys, base URL …) is a mapping in memory and ciphertext in the table."""

    slug = models.SlugField(_("name"), unique=True)
    adapter = models.TextField(_("adapter"))
    channel = models.TextField(_("channel"))
    sender = models.TextField(_("sender"), default="", blank=True)
    secret = models.BinaryField(_("settings"), default=bytes, editable=False)
    state = models.TextField(
        _("state"), choices=[("active", _("active")), ("paused", _("paused"))], default="active"
    )
    paused_reason = models.TextField(_("paused because"), default="", blank=True)
    rate = models.FloatField(
        _("messages a second"), null=True, blank=True, validators=[MinValueValidator(0.01)],
        help_text=_("At most; an SMS counts its segments. Empty: as fast as it goes."),
    )  # fmt: skip
    warmup = models.TextField(
        _("warm-up"), default="", blank=True,
        help_text=_("At most so many a day from the first day on, such as 50, 100, 500."),
    )  # fmt: skip
    warmup_from = models.DateField(_("warm-up from"), null=True, blank=True)
    prices = models.TextField(
        _("prices of a segment"), default="", db_default="", blank=True,
        help_text=_(
            "Of an SMS segment by country, * for others: EUR DE 0.0651, * 0.09."
        ),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")

    def __str__(self) -> str:
        return f"{self.slug} ({self.adapter})"

    @property
    def options(self) -> dict[str, Any]:
        """The decrypted settings.

        Raises ImproperlyConfigured when SECRET_KEY has changed since they were saved.
        """
        if not self.secret:
            return {}
        try:
            plain: dict[str, Any] = json.loads(_fernet().decrypt(bytes(self.secret)))
        except InvalidToken as error:
            raise ImproperlyConfigured(
                f"The settings of account {self.slug} cannot be read with this SECRET_KEY:"
                " enter them again."
            ) from error
        return plain

    @options.setter
    def options(self, value: dict[str, Any]) -> None:
        self.secret = _fernet().encrypt(json.dumps(value).encode())
