"""Colleagues who get a copy of what is tested."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Seed(models.Model):
    """An address of the seed list. It belongs to no customer; what goes there counts nowhere."""

    channel = models.TextField(_("channel"), choices=[("email", "email"), ("sms", "sms")])
    address = models.TextField(_("address"))
    name = models.TextField(_("name"), default="", blank=True)

    class Meta:
        verbose_name = _("seed address")
        verbose_name_plural = _("seed list")
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="seed_once")]

    def __str__(self) -> str:
        return self.name or self.address
