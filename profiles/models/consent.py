"""What a customer agreed to, per channel and topic, with its proof and history."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsentState(models.TextChoices):
    SUBSCRIBED = "subscribed", _("subscribed")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    PENDING = "pending", _("pending")
    PAUSED = "paused", _("paused")
    RESUMED = "resumed", _("resumed")


class ConsentFacts(models.Model):
    """The columns that the present state and its history share.

    An empty topic means the whole channel. The channel `*` has the customer's pause of everything.
    """

    customer = models.ForeignKey(
        "profiles.Customer",
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="%(class)ss",
    )
    channel = models.TextField(_("channel"))
    topic = models.TextField(_("topic"), default="", blank=True)
    state = models.TextField(_("state"), choices=ConsentState.choices)
    source = models.TextField(_("source"))
    proof = models.JSONField(_("proof"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.channel}/{self.topic or '*'}: {self.state}"


class Consent(ConsentFacts):
    class Meta(ConsentFacts.Meta):
        abstract = False
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "channel", "topic"], name="consent_one_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=ConsentState.values), name="consent_known_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state="paused", until__isnull=False)
                | (~models.Q(state="paused") & models.Q(until__isnull=True)),
                name="consent_pause_ends",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=models.Q(state="paused"), name="consent_pause_end"
            )
        ]


class ConsentChange(ConsentFacts):
    """One change of one consent. Rows are only ever added."""

    previous = models.TextField(_("previous state"), default="", blank=True)

    class Meta(ConsentFacts.Meta):
        abstract = False
        verbose_name = _("consent change")
        verbose_name_plural = _("consent changes")
