"""A message from the outbox to its end, its content as published, its text as sent,
and its tracked links.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from channels.core.message import STATUSES


class Content(models.Model):
    """What a step sends, as published: templates, not yet a person's text.

    Stored once per distinct content.
    """

    hash = models.TextField(_("hash"), unique=True)
    body = models.JSONField(_("content"))

    class Meta:
        verbose_name = _("content")
        verbose_name_plural = _("contents")

    def __str__(self) -> str:
        return str(self.body.get("subject") or self.body.get("title") or self.body.get("text", ""))[
            :80
        ]


class Message(models.Model):
    """One message to one customer.

    Unique per (enrollment, step, visit): the database refuses a second one. Every change of status
    touches all indexes, so there are none but those that a query needs.
    """

    uid = models.UUIDField(_("public id"), db_default=RandomUUID(), unique=True)
    customer = models.ForeignKey(
        "profiles.Customer",
        verbose_name=_("customer"),
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    enrollment_id = models.BigIntegerField(_("enrollment"), null=True)
    journey = models.TextField(_("journey"), default="", blank=True)
    version = models.IntegerField(_("version"), default=0)
    step = models.TextField(_("step"), default="", blank=True)
    visit = models.IntegerField(_("visit"), default=1)
    arm = models.TextField(_("arm"), default="", blank=True)
    ghost = models.TextField(_("control group"), default="", blank=True)
    purpose = models.TextField(_("class"), default="marketing")
    topic = models.TextField(_("topic"), default="", blank=True)
    priority = models.SmallIntegerField(_("priority"), default=50)
    channels = ArrayField(models.TextField(), verbose_name=_("channels asked"))
    channel = models.TextField(_("channel"), default="", blank=True)
    address = models.TextField(_("to"), default="", blank=True)
    status = models.TextField(
        _("status"), default="queued", choices=[(status, _(status)) for status in STATUSES]
    )
    reason = models.TextField(_("reason"), default="", blank=True)
    content = models.ForeignKey(
        Content,
        verbose_name=_("content"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    context = models.JSONField(_("context"), default=dict)
    send_after = models.DateTimeField(_("send after"))
    expires_at = models.DateTimeField(_("expires"), null=True)
    firm = models.BooleanField(_("expires as its step says"), db_default=False)
    on_cap = models.TextField(_("where a cap is full"), db_default="", default="", blank=True)
    account = models.ForeignKey(
        "channels.Account",
        verbose_name=_("account"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    provider = models.TextField(_("provider"), default="", blank=True)
    provider_id = models.TextField(_("provider's id"), default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0)
    attempts = models.IntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True)
    segments = models.SmallIntegerField(_("SMS segments"), null=True)
    cost = models.DecimalField(_("cost"), max_digits=14, decimal_places=6, null=True)
    currency = models.TextField(_("currency"), db_default="", default="", blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["enrollment_id", "step", "visit"], name="message_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=tuple(STATUSES)), name="message_known_status"
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_after", "id"], condition=models.Q(status="queued"), name="message_due"
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(status="sending"), name="message_leased"
            ),
            models.Index(
                fields=["id"], condition=models.Q(status="unknown"), name="message_unknown"
            ),
            models.Index(fields=["customer", "created_at"], name="message_customer"),
            models.Index(fields=["journey", "step", "status"], name="message_journey"),
            models.Index(
                fields=["provider_id"], condition=~models.Q(provider_id=""), name="message_provider"
            ),
            BrinIndex(fields=["created_at"], autosummarize=True, name="message_created"),
        ]

    def __str__(self) -> str:
        return f"{self.channel or '/'.join(self.channels)} {self.journey}.{self.step}"


class MessageBody(models.Model):
    """A message's text as it was rendered for its customer, and the hash of it."""

    message = models.OneToOneField(
        Message,
        verbose_name=_("message"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="body",
    )
    subject = models.TextField(_("subject"), default="", blank=True)
    html = models.TextField(_("HTML"), default="", blank=True)
    text = models.TextField(_("text"), default="", blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    payload = models.JSONField(_("payload"), default=dict)
    digest = models.TextField(_("hash"), default="", db_default="", blank=True)

    class Meta:
        verbose_name = _("message text")
        verbose_name_plural = _("message texts")

    def __str__(self) -> str:
        return self.subject or self.text[:80]


class Link(models.Model):
    """A tracked destination. The signed token in a message names the message and this row."""

    hash = models.TextField(unique=True)
    url = models.TextField(_("address"))
    first_at = models.DateTimeField(_("first sent"), db_default=Now())

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self) -> str:
        return self.url
