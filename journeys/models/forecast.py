"""What is to come, as a dry run of all live journeys found it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Forecast(models.Model):
    """The last prediction of what falls on customers; only one is kept.

    `found` is `config.pressure.Predicted` as JSON.
    """

    at = models.DateTimeField(_("at"))
    found = models.JSONField(_("what was found"))

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
