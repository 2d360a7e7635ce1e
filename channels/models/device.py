"""Where push goes, and which addresses must never be written to again."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Device(models.Model):
    """Where one customer gets push messages or chats: a browser, an app, a chat.

    `kind` is the adapter that reaches it: webpush (with its keys), fcm, apns, telegram.
    """

    customer = models.ForeignKey(
        "profiles.Customer", verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.TextField(_("kind"), default="webpush")
    endpoint = models.TextField(_("endpoint"), unique=True)
    p256dh = models.TextField(_("public key"), default="", blank=True)
    auth = models.TextField(_("auth secret"), default="", blank=True)
    user_agent = models.TextField(_("user agent"), default="", blank=True)
    created_at = models.DateTimeField(_("created"))
    last_seen_at = models.DateTimeField(_("last seen"))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        indexes = [
            models.Index(
                fields=["customer"], condition=models.Q(removed_at__isnull=True), name="device_live"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.endpoint[:60]}"


class Suppression(models.Model):
    """An address that no message of its channel reaches, whoever it belongs to."""

    channel = models.TextField(_("channel"))
    address = models.TextField(_("address"))
    reason = models.TextField(_("reason"))
    source = models.TextField(_("source"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.UniqueConstraint(fields=["channel", "address"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.address}"
