"""Groups of customers by a condition, who belongs to each right now, and how large each was."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Segment(models.Model):
    """A condition with a name; `source` is what its author typed, where that was text, `document`
    the file that it was applied from, "" since somebody changed it elsewhere.

    While `building`, customers are being looked at one page after the other, up to the one numbered
    `built_upto`; `built_at` is None until the first time is over.
    """

    slug = models.SlugField(_("name"), max_length=64, unique=True)
    title = models.TextField(_("title"), default="", blank=True)
    condition = models.JSONField(_("condition"))
    source = models.TextField(_("condition as written"), default="", blank=True)
    document = models.TextField(_("file"), default="", blank=True)
    revision = models.IntegerField(_("revision"), default=0)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("changed"))
    building = models.BooleanField(_("being filled"), default=True)
    built_upto = models.BigIntegerField(default=0)
    built_at = models.DateTimeField(_("filled"), null=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")

    def __str__(self) -> str:
        return self.title or self.slug


class Membership(models.Model):
    """Where a customer stands with a segment. There is a row for every member, and for those whom
    time alone can make one: at `next_at` the answer is looked at again, and not before.
    """

    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, related_name="memberships"
    )
    customer = models.ForeignKey(
        "profiles.Customer", verbose_name=_("customer"), on_delete=models.CASCADE,
        related_name="memberships",
    )  # fmt: skip
    member = models.BooleanField(_("member"))
    since = models.DateTimeField(_("since"))
    next_at = models.DateTimeField(_("next possible change"), null=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], name="membership_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=models.Q(next_at__isnull=False), name="membership_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.customer_id}"


class SegmentSize(models.Model):
    """How many belonged to a segment when they were counted on a day of the workspace."""

    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, related_name="sizes"
    )
    day = models.DateField(_("day"))
    customers = models.BigIntegerField(_("customers"))

    class Meta:
        verbose_name = _("segment size")
        verbose_name_plural = _("segment sizes")
        constraints = [models.UniqueConstraint(fields=["segment", "day"], name="segment_size_once")]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.day}"
