"""Messages from the outbox to their end: what was sent to whom, why not, and what came back."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from channels.admin.preview import preview
from channels.admin.resolving import ResolvingAdmin
from channels.admin.words import OUTCOMES, RECEIPTS, STATUSES, status_tone
from channels.core import price
from channels.models import Message, MessageBody
from profiles.admin.base import (
    CHANNELS,
    DASH,
    GHOSTS,
    PURPOSES,
    ChoiceFilter,
    SinceFilter,
    TextFilter,
    UntilFilter,
    VersionFilter,
    chip,
    customer_link,
    display,
    moment,
    now,
    reason,
    word,
)
from profiles.queries.find import find


class StatusFilter(ChoiceFilter):
    title = _("status")
    parameter_name = "status"
    words = dict(STATUSES)


class ChannelFilter(ChoiceFilter):
    title = _("channel")
    parameter_name = "channel"
    words = {**CHANNELS, "none": _("not chosen yet")}

    def narrow(self, rows: QuerySet[Message], value: str) -> QuerySet[Message]:
        return rows.filter(channel="" if value == "none" else value)


class CreatedFilter(ChoiceFilter):
    """Days of the workspace's zone, which the admin puts in force."""

    title = _("created")
    parameter_name = "created"
    words = {"today": _("today"), "week": _("last 7 days")}

    def narrow(self, rows: QuerySet[Message], value: str) -> QuerySet[Message]:
        day = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
        days = 6 if value == "week" else 0
        return rows.filter(created_at__gte=day - dt.timedelta(days=days))


class PurposeFilter(ChoiceFilter):
    title = _("class")
    parameter_name = "purpose"
    words = dict(PURPOSES)


class GhostFilter(ChoiceFilter):
    title = _("control group")
    parameter_name = "ghost"
    words = dict(GHOSTS)


class DueFilter(ChoiceFilter):
    """What a worker should hand over now, and what lost its worker. Leases run in real time."""

    title = _("due")
    parameter_name = "due"
    words = {"yes": _("due now"), "stuck": _("worker gone")}

    def narrow(self, rows: QuerySet[Message], value: str) -> QuerySet[Message]:
        if value == "stuck":
            return rows.filter(status="sending", lease_until__lt=Now())
        return rows.filter(status="queued", send_after__lte=now())


class ReachedFilter(ChoiceFilter):
    """How far a message came, whatever its status is now: what the reports count."""

    title = _("came as far as")
    parameter_name = "reached"
    words = {
        "sent": _("handed over"),
        "delivered": _("delivered"),
        "opened": _("opened"),
        "clicked": _("clicked"),
    }

    def narrow(self, rows: QuerySet[Message], value: str) -> QuerySet[Message]:
        return rows.filter(**{f"{value}_at__isnull": False}) if value in self.words else rows


class CreatedSince(SinceFilter):
    column = "created_at"


class CreatedUntil(UntilFilter):
    column = "created_at"


class JourneyFilter(TextFilter):
    title = _("journey")
    parameter_name = "journey"


class StepFilter(TextFilter):
    title = _("step")
    parameter_name = "step"


class CustomerFilter(TextFilter):
    """One customer, given by a link of their page."""

    title = _("customer")
    parameter_name = "customer"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        value = self.value() or ""
        return queryset.filter(customer_id=int(value)) if _is_id(value) else queryset


class ReasonFilter(TextFilter):
    title = _("reason")
    parameter_name = "reason"


@admin.register(Message)
class MessageAdmin(ResolvingAdmin):
    lead = _("Every message to every customer: what became of it, and why it was not sent.")
    list_display = ("created", "to", "channel_name", "place", "state", "why", "reactions")
    list_filter = (
        StatusFilter,
        ChannelFilter,
        CreatedFilter,
        PurposeFilter,
        ReachedFilter,
        GhostFilter,
        DueFilter,
        JourneyFilter,
        StepFilter,
        ReasonFilter,
        CustomerFilter,
        VersionFilter,
        CreatedSince,
        CreatedUntil,
    )
    list_select_related = ("customer",)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("id",)
    search_help_text = _("address, customer, journey, provider's id")
    row_page = "admin/channels/message/page.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(_leads_to(search_term)), False

    def row_context(self, request: HttpRequest, row: Message) -> dict[str, Any]:
        body = MessageBody.objects.filter(pk=row.pk).first()
        return {
            "status": (word(STATUSES, row.status), status_tone(row.status)),
            "channel": word(CHANNELS, row.channel) if row.channel else "",
            "reason": reason(row.reason),
            "purpose": word(PURPOSES, row.purpose),
            "ghost": word(GHOSTS, row.ghost) if row.ghost else "",
            "cost": "" if row.cost is None else price.written(row.cost, row.currency),
            "choices": self.choices(request, row),
            "body": body,
            "srcdoc": preview(body.html) if body and body.html else "",
            "customer_link": customer_link(row.customer_id, str(row.customer)),
            "attempts": [(each, word(OUTCOMES, each.outcome)) for each in _attempts(row)],
            "receipts": [
                (each, word(RECEIPTS, each.kind)) for each in row.receipts.order_by("at", "id")
            ],
        }

    @display(description=_("created"))
    def created(self, message: Message) -> SafeString | str:
        return moment(message.created_at)

    @display(description=_("to"))
    def to(self, message: Message) -> SafeString:
        link = customer_link(message.customer_id, str(message.customer))
        return format_html('{}<span class="sj-sub">{}</span>', link, message.address)

    @display(description=_("channel"))
    def channel_name(self, message: Message) -> str:
        asked = [message.channel] if message.channel else message.channels
        return " / ".join(word(CHANNELS, channel) for channel in asked)

    def row_title(self, row: Message) -> str:
        where = " · ".join(filter(None, (row.journey, row.step)))
        return ": ".join(filter(None, (self.channel_name(row), where)))

    @display(description=_("journey"))
    def place(self, message: Message) -> SafeString | str:
        if not message.journey:
            return DASH
        url = reverse("admin:journeys_journey_change", args=[message.journey])
        arm = f" · {message.arm}" if message.arm else ""
        return format_html(
            '<a class="sj-link" href="{}">{}</a><span class="sj-sub">{}{}</span>',
            url, message.journey, message.step, arm,
        )  # fmt: skip

    @display(description=_("status"))
    def state(self, message: Message) -> SafeString:
        return chip(word(STATUSES, message.status), status_tone(message.status))

    @display(description=_("reason"))
    def why(self, message: Message) -> str:
        return reason(message.reason) or DASH

    @display(description=_("reactions"))
    def reactions(self, message: Message) -> str:
        seen = ((message.opened_at, _("opened")), (message.clicked_at, _("clicked")))
        return ", ".join(str(text) for at, text in seen if at) or DASH


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _leads_to(term: str) -> Q:
    """Messages of customers or of a journey, or under a provider's or our own id."""
    ways = Q(customer_id__in=find(term)) | Q(provider_id=term) | Q(journey=term)
    try:
        return ways | Q(uid=uuid.UUID(term))
    except ValueError:
        return ways


def _attempts(message: Message) -> QuerySet[Any]:
    return message.attempt_rows.select_related("account").order_by("number")
