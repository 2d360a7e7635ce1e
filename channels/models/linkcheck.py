"""What became of the links and images of messages when they were last looked at."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class LinkCheck(models.Model):
    """One address. `hash` names it as in the table of links.

    `uses` are the `journey/step` of live journeys that show it, `*` where messages did lately.
    """

    KINDS = (("link", _("link")), ("image", _("image")))
    VERDICTS = (("ok", _("fine")), ("broken", _("broken")), ("unknown", _("nobody can tell")))

    hash = models.TextField(unique=True)
    url = models.TextField(_("address"))
    kind = models.TextField(_("kind"), choices=KINDS)
    verdict = models.TextField(_("verdict"), choices=VERDICTS)
    status = models.IntegerField(_("HTTP status"), null=True)
    detail = models.TextField(_("detail"), default="", blank=True)
    checked_at = models.DateTimeField(_("looked at"))
    first_broken_at = models.DateTimeField(_("broken since"), null=True)
    uses = ArrayField(models.TextField(), verbose_name=_("used by"), default=list, blank=True)

    class Meta:
        verbose_name = _("link check")
        verbose_name_plural = _("link checks")
        indexes = [
            models.Index(
                fields=["hash"], condition=models.Q(verdict="broken"), name="linkcheck_broken"
            )
        ]

    def __str__(self) -> str:
        return self.url
