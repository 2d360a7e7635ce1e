"""Where a customer stands in the lifecycle, and the versions of the model that says so."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LifecycleModel(models.Model):
    """Thresholds, score cut-points and the population's purchase cycle.

    One version is active at a time.
    """

    version = models.IntegerField(_("version"), unique=True)
    thresholds = models.JSONField(_("thresholds"), default=dict)
    cuts = models.JSONField(_("score cut-points"), default=dict)
    cycle_seconds = models.FloatField(_("population cycle, seconds"))
    active = models.BooleanField(_("active"), default=False)
    created_at = models.DateTimeField(_("created"))
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)
    moved = models.IntegerField(_("customers moved"), default=0)
    note = models.TextField(_("note"), default="", blank=True)

    class Meta:
        verbose_name = _("lifecycle model")
        verbose_name_plural = _("lifecycle models")
        constraints = [
            models.UniqueConstraint(
                fields=["active"], condition=models.Q(active=True), name="lifecyclemodel_one_active"
            )
        ]

    def __str__(self) -> str:
        return _("Lifecycle model %(version)s") % {"version": self.version}


class LifecycleState(models.Model):
    """One customer's placement, the facts it rests on, and the next instant at
    which it can change by itself.
    """

    customer = models.OneToOneField(
        "profiles.Customer", verbose_name=_("customer"), primary_key=True, on_delete=models.CASCADE,
        related_name="lifecycle",
    )  # fmt: skip
    stage = models.TextField(_("stage"))
    segment = models.TextField(_("segment"))
    lost_stage = models.TextField(_("lost stage"), default="", blank=True)
    r = models.SmallIntegerField("R", default=0)
    f = models.SmallIntegerField("F", default=0)
    m = models.SmallIntegerField("M", default=0)
    orders = models.IntegerField(_("orders"), default=0)
    orders_window = models.IntegerField(_("orders in 24 months"), default=0)
    revenue = models.DecimalField(_("net revenue"), max_digits=18, decimal_places=4, default=0)
    revenue_window = models.DecimalField(
        _("net revenue in 24 months"), max_digits=18, decimal_places=4, default=0
    )
    first_order_at = models.DateTimeField(_("first order"), null=True)
    last_order_at = models.DateTimeField(_("last order"), null=True)
    gap_seconds = models.FloatField(_("sum of gaps, seconds"), default=0)
    gap_count = models.IntegerField(_("gaps"), default=0)
    window_slides_at = models.DateTimeField(_("an order leaves the window"), null=True)
    last_activity_at = models.DateTimeField(_("last activity"), null=True)
    last_view_at = models.DateTimeField(_("last product view"), null=True)
    last_cart_at = models.DateTimeField(_("last cart"), null=True)
    last_checkout_at = models.DateTimeField(_("last checkout"), null=True)
    ever_loyal = models.BooleanField(_("ever loyal"), default=False)
    since = models.DateTimeField(_("in this segment since"))
    next_at = models.DateTimeField(_("next possible change"), null=True)
    model_version = models.IntegerField(_("model version"), default=0)

    class Meta:
        verbose_name = _("lifecycle state")
        verbose_name_plural = _("lifecycle states")
        indexes = [
            models.Index(
                fields=["next_at"], condition=models.Q(next_at__isnull=False), name="lifecycle_due"
            ),
            models.Index(fields=["segment"], name="lifecycle_segment"),
        ]

    def __str__(self) -> str:
        return f"{self.stage}/{self.segment}"

    @property
    def rfm(self) -> str:
        """The three scores as a code such as `545`, or an empty string before the first order."""
        return f"{self.r}{self.f}{self.m}" if self.r else ""
