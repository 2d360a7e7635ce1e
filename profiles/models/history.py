"""What reports keep of the past: numbers by month, of nobody in particular."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StageMove(models.Model):
    """How many customers went from one stage to another in a month, or stayed."""

    month = models.DateField(_("month"))
    before = models.TextField(_("stage when the month began"), default="", blank=True)
    after = models.TextField(_("stage when it ended"))
    customers = models.BigIntegerField(_("customers"))
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("stage move")
        verbose_name_plural = _("stage moves")
        constraints = [
            models.UniqueConstraint(fields=["month", "before", "after"], name="stagemove_once")
        ]

    def __str__(self) -> str:
        return f"{self.month}: {self.before} → {self.after}"


class Cohort(models.Model):
    """What those who bought first in one month bought in another, or the same."""

    cohort = models.DateField(_("month of the first order"))
    month = models.DateField(_("month"))
    buyers = models.BigIntegerField(_("buyers"))
    returned = models.BigIntegerField(_("of them buyers in the month before"))
    orders = models.BigIntegerField(_("orders"))
    revenue = models.DecimalField(_("net revenue"), max_digits=18, decimal_places=4)
    counted_at = models.DateTimeField(_("counted"))

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        constraints = [models.UniqueConstraint(fields=["cohort", "month"], name="cohort_once")]

    def __str__(self) -> str:
        return f"{self.cohort}: {self.month}"
