"""A journey (its draft and state) and its published versions, which never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JourneyState(models.TextChoices):
    DRAFT = "draft", _("draft")
    LIVE = "live", _("live")
    PAUSED = "paused", _("paused")
    STOPPED = "stopped", _("stopped")


class Journey(models.Model):
    """`source` is the document as its author typed it; `document` is the same, parsed.

    `revision` counts saves.
    """

    slug = models.SlugField(_("journey"), unique=True, max_length=100)
    title = models.TextField(_("title"), default="", blank=True)
    state = models.TextField(_("state"), choices=JourneyState.choices, default=JourneyState.DRAFT)
    document = models.JSONField(_("document"), default=dict)
    source = models.TextField(_("document"), default="", blank=True)
    revision = models.IntegerField(_("revision"), default=1)
    stage = models.TextField(_("lifecycle stage"), default="", blank=True)
    priority = models.SmallIntegerField(_("priority"), default=50)
    live_version = models.ForeignKey(
        "journeys.Version",
        verbose_name=_("live version"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    pause_clock = models.TextField(_("clocks while paused"), default="", blank=True)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        permissions = [
            ("publish_journey", _("Can publish journeys")),
            ("pause_journey", _("Can pause, resume and stop journeys")),
        ]

    def __str__(self) -> str:
        return self.title or self.slug

    @property
    def runs(self) -> bool:
        """Whether customers may be inside."""
        return self.state in ("live", "paused")


class Version(models.Model):
    """One published version. Immutable: a database trigger refuses changes to its document."""

    journey = models.ForeignKey(
        Journey, verbose_name=_("journey"), on_delete=models.CASCADE, related_name="versions"
    )
    number = models.IntegerField(_("number"))
    document = models.JSONField(_("document"))
    source = models.TextField(_("document as written"))
    digest = models.TextField(_("digest"))
    contents = models.JSONField(_("content ids"), default=list)
    published_at = models.DateTimeField(_("published"))
    by = models.TextField(_("by"), default="", blank=True)
    note = models.TextField(_("note"), default="", blank=True)
    override = models.TextField(_("published in spite of problems"), default="", blank=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.journey.slug} v{self.number}"
