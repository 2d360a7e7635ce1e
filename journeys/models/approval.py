"""That somebody asks for a draft to be published, and what somebody else said to it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PublishRequest(models.Model):
    """Of one revision: a draft that was saved since is not what was asked for. One at a time may be
    open.
    """

    STATES = (
        ("open", _("open")),
        ("approved", _("approved")),
        ("declined", _("declined")),
        ("replaced", _("replaced")),
    )

    journey = models.ForeignKey(
        "journeys.Journey",
        verbose_name=_("journey"),
        on_delete=models.CASCADE,
        related_name="requests",
    )
    revision = models.IntegerField(_("revision"))
    by = models.TextField(_("asked by"))
    note = models.TextField(_("note"), default="", blank=True)
    at = models.DateTimeField(_("asked"))
    state = models.TextField(_("state"), choices=STATES, default="open")
    decided_by = models.TextField(_("decided by"), default="", blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    reason = models.TextField(_("reason"), default="", blank=True)

    class Meta:
        verbose_name = _("request to publish")
        verbose_name_plural = _("requests to publish")
        constraints = [
            models.UniqueConstraint(
                fields=["journey"], condition=models.Q(state="open"), name="publishrequest_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} r{self.revision} ({self.state})"
