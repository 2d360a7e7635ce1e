"""Contents with a name, which journeys send and other contents include; every save is a version."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Template(models.Model):
    """A content that steps name by its slug, or a block that other contents include.

    `body` is the latest version's, `source` what its author typed where that was text. A removed
    template keeps its versions; its name is free for one that goes on where this one ended.
    """

    slug = models.SlugField(_("name"), max_length=64, unique=True)
    title = models.TextField(_("title"), default="", blank=True)
    body = models.JSONField(_("content"))
    source = models.TextField(_("content as written"), default="", blank=True)
    version = models.IntegerField(_("version"), default=0)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"))
    removed_at = models.DateTimeField(_("removed"), null=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")

    def __str__(self) -> str:
        return self.title or self.slug


class TemplateVersion(models.Model):
    """A template as somebody saved it. Never changes."""

    template = models.ForeignKey(
        Template, verbose_name=_("template"), on_delete=models.CASCADE, related_name="versions"
    )
    number = models.IntegerField(_("version"))
    title = models.TextField(_("title"), default="", blank=True)
    body = models.JSONField(_("content"))
    by = models.TextField(_("by"), default="", blank=True)
    note = models.TextField(_("note"), default="", blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("version of a template")
        verbose_name_plural = _("versions of templates")
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"
