"""Where push goes, and which addresses are never written to again."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.admin.words import DEVICES, SUPPRESSIONS
from channels.core.address import canonical, is_valid
from channels.models import Device, Suppression
from channels.operations.suppression import Word, suppress
from profiles.admin.base import (
    CHANNELS,
    DASH,
    BaseAdmin,
    ChoiceFilter,
    chip,
    display,
    moment,
    now,
    select,
    text_input,
    word,
)
from profiles.admin.by_customer import ByCustomerAdmin


class ChannelFilter(ChoiceFilter):
    title = _("channel")
    parameter_name = "channel"
    words = dict(CHANNELS)


class ReasonFilter(ChoiceFilter):
    title = _("reason")
    parameter_name = "reason"
    words = dict(SUPPRESSIONS)


class LiveFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "removed"
    words = {"no": _("live"), "yes": _("removed")}

    def narrow(self, rows: QuerySet[Device], value: str) -> QuerySet[Device]:
        return rows.filter(removed_at__isnull=value == "no")


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[("email", CHANNELS["email"]), ("sms", CHANNELS["sms"])],
        widget=select(),
    )

    reason = forms.CharField(
        label=_("Reason"), widget=text_input(),
        help_text=_("In your own words, such as: asked by phone to get nothing more."),
    )  # fmt: skip

    def clean(self) -> dict[str, object]:
        given = self.cleaned_data
        address = canonical(given.get("channel", ""), given.get("address", ""))
        if address and not is_valid(given["channel"], address):
            self.add_error("address", gettext("This is no address of the channel."))
        return {**given, "address": address}


@admin.register(Suppression)
class SuppressionAdmin(BaseAdmin):
    """Operators may add an address, and take one off the list when its owner asks for it."""

    lead = _(
        "Addresses that no message reaches: bounced, complained, unsubscribed or put here by hand."
    )
    deletion = _("The address may be written to again if the customer allows it.")
    list_display = ("address", "channel_name", "because", "source", "when")
    list_filter = (ChannelFilter, ReasonFilter)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("=address",)
    search_help_text = _("the whole address")
    form = SuppressionForm
    fields = ("channel", "address", "reason")
    readonly_fields = ("channel_name", "because", "when")

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> tuple[str, ...]:
        return ("channel_name", "address", "because", "source", "when") if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Suppression, form: object, change: bool
    ) -> None:
        by = f"admin:{request.user.get_username()}"
        suppress([Word(obj.channel, obj.address, obj.reason, by, now())])
        obj.pk = Suppression.objects.get(channel=obj.channel, address=obj.address).pk

    def row_title(self, row: Suppression) -> str:
        return row.address

    @display(description=_("reason"))
    def because(self, suppression: Suppression) -> str:
        return word(SUPPRESSIONS, suppression.reason)

    @display(description=_("channel"))
    def channel_name(self, suppression: Suppression) -> str:
        return word(CHANNELS, suppression.channel)

    @display(description=_("at"))
    def when(self, suppression: Suppression) -> SafeString | str:
        return moment(suppression.at)


@admin.register(Device)
class DeviceAdmin(ByCustomerAdmin):
    lead = _("Browsers, apps and chats that push messages go to.")
    list_display = ("of", "kind_name", "state", "browser", "seen", "created")
    list_display_links = ("kind_name",)
    list_filter = (LiveFilter,)
    facts = ("of", "kind_name", "state", "endpoint", "user_agent", "created", "seen", "removed")

    def row_title(self, row: Device) -> str:
        return f"{self.kind_name(row)}: {row.customer}"

    @display(description=_("kind"))
    def kind_name(self, device: Device) -> str:
        return word(DEVICES, device.kind)

    @display(description=_("state"))
    def state(self, device: Device) -> SafeString:
        return (
            chip(gettext("removed"), "danger")
            if device.removed_at
            else chip(gettext("live"), "success")
        )

    @display(description=_("browser"))
    def browser(self, device: Device) -> str:
        return device.user_agent[:60] or DASH

    @display(description=_("last seen"))
    def seen(self, device: Device) -> SafeString | str:
        return moment(device.last_seen_at)

    @display(description=_("created"))
    def created(self, device: Device) -> SafeString | str:
        return moment(device.created_at)

    @display(description=_("removed"))
    def removed(self, device: Device) -> SafeString | str:
        return moment(device.removed_at)
