"""What keeps messages back: frequency caps, halts, and how fast an account may hand over."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class FrequencyCap(models.Model):
    """At most so many marketing messages for a customer in a window, rolling or of the calendar."""

    PERIODS = (("", _("rolling")), ("day", _("day")), ("week", _("week")), ("month", _("month")))

    slug = models.SlugField(_("name"), unique=True)
    most = models.PositiveIntegerField(_("at most"), validators=[MinValueValidator(1)])
    period = models.TextField(
        _("calendar"), choices=PERIODS, default="", blank=True,
        help_text=_("By the customer's own calendar; rolling looks back from now."),
    )  # fmt: skip
    hours = models.PositiveIntegerField(
        _("rolling hours"), null=True, blank=True,
        help_text=_("With rolling only; 168 are a week."),
        validators=[MinValueValidator(1), MaxValueValidator(24 * 366)],
    )  # fmt: skip
    channel = models.TextField(
        _("channel"), default="", blank=True, help_text=_("Empty: all channels together.")
    )
    topic = models.TextField(
        _("topic"), default="", blank=True, help_text=_("Empty: all topics together.")
    )
    reserve_hours = models.PositiveIntegerField(
        _("keep room for the next hours"), default=2, validators=[MaxValueValidator(24 * 14)],
        help_text=_("Messages of higher priority that are due by then come first."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("frequency cap")
        verbose_name_plural = _("frequency caps")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(most__gte=1)
                & (models.Q(period="", hours__isnull=False) | ~models.Q(period="")),
                name="frequency_cap_has_a_window",
            )
        ]

    def __str__(self) -> str:
        return self.slug


class Halt(models.Model):
    """An emergency stop: nothing is handed over for this channel or journey, or for all."""

    SCOPES = (("all", _("everything")), ("channel", _("channel")), ("journey", _("journey")))

    scope = models.TextField(_("what"), choices=SCOPES)
    name = models.TextField(
        _("which"), default="", blank=True,
        help_text=_("A channel such as email, or the short name of a journey."),
    )  # fmt: skip
    reason = models.TextField(_("reason"), default="", blank=True)
    by = models.TextField(_("by"), default="", blank=True)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("halt")
        verbose_name_plural = _("halts")
        constraints = [models.UniqueConstraint(fields=["scope", "name"], name="halt_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.name}".strip()


class Pace(models.Model):
    """An account's token bucket and breaker, shared by all workers. Times are the database's."""

    account = models.OneToOneField(
        "channels.Account", verbose_name=_("account"), primary_key=True, on_delete=models.CASCADE,
        related_name="pace",
    )  # fmt: skip
    tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    day_count = models.IntegerField(default=0)
    window_at = models.DateTimeField(null=True)
    calls = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    open_until = models.DateTimeField(_("closed until"), null=True)

    class Meta:
        verbose_name = _("pace")
        verbose_name_plural = _("paces")

    def __str__(self) -> str:
        return str(self.account_id)


class Pulse(models.Model):
    """When the hand-over last looked at its tables. One row."""

    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("pulse")
        verbose_name_plural = _("pulses")

    def __str__(self) -> str:
        return str(self.at)
