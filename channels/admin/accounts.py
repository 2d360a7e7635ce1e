"""Provider accounts. Secrets go in and never come out: a page shows whether one is kept."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.adapters import registry
from channels.adapters.base import Option
from channels.core import pacing, price
from channels.core.message import AccountSettings
from channels.models import Account
from profiles.admin.base import (
    CHANNELS,
    BaseAdmin,
    ChoiceFilter,
    chip,
    display,
    moment,
    now,
    password_input,
    text_input,
    word,
)

PREFIX = "option_"
OFFERED = {name: row for name, row in registry.PROVIDERS.items() if name != "sandbox"}
"""The sandbox needs no account: it stands in for all of them."""
FREE = {name for name in registry.OWN if name != "twilio"}
"""Adapters that send no SMS."""
CALLBACKS = {
    "sendgrid": ("",),
    "twilio": ("/status", "/inbound"),
    "telegram": ("",),
    "webhook": ("",),
    "anymail": ("",),
}
"""Where providers report to; web push and SMTP report to nobody."""


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The account's own fields; the adapter's settings are added for each adapter."""

    adapter = ""

    class Meta:
        model = Account
        fields = ("slug", "sender", "rate", "warmup", "warmup_from", "prices")

    def clean_warmup(self) -> str:
        steps = str(self.cleaned_data["warmup"])
        try:
            days = pacing.warmup(steps)
        except ValueError:
            days = (0,)
        if any(day < 1 for day in days):
            raise forms.ValidationError(gettext("Write whole numbers, such as 50, 100, 500."))
        return steps

    def clean_prices(self) -> str:
        prices = str(self.cleaned_data["prices"]).strip()
        try:
            price.parse(prices)
        except price.PriceProblem as error:
            text = gettext("“%(entry)s” is no price: write EUR DE 0.0651, FR 0.0595, * 0.09.")
            raise forms.ValidationError(text % {"entry": error}) from error
        return prices

    def clean(self) -> dict[str, Any]:
        """A warm-up without a first day begins today."""
        given = dict(self.cleaned_data)
        if given.get("warmup") and not given.get("warmup_from"):
            given["warmup_from"] = now().date()
        return given

    def save(self, commit: bool = True) -> Account:
        kept = self.instance.options if self.instance.pk else {}
        for option in registry.options(self.adapter):
            given = self.cleaned_data[PREFIX + option.name]
            if given or not option.secret:
                kept[option.name] = given
        self.instance.options = {name: value for name, value in kept.items() if value}
        account: Account = super().save(commit)
        return account


def form_for(adapter: str, account: Account | None) -> type[AccountForm]:
    """The form of one adapter's accounts; a secret that is stored need not be typed again."""
    kept = account.options if account else {}
    fields = {
        PREFIX + option.name: _field(option, kept.get(option.name, ""))
        for option in registry.options(adapter)
    }
    form = cast("Any", type(AccountForm))
    return cast(
        "type[AccountForm]", form("AdapterForm", (AccountForm,), {"adapter": adapter, **fields})
    )


def _field(option: Option, kept: str) -> forms.CharField:
    return forms.CharField(
        label=gettext(option.label),
        required=option.required and not (option.secret and kept),
        initial="" if option.secret else kept,
        widget=password_input() if option.secret else text_input(),
        help_text=gettext("Stored. Leave it empty to keep it.") if option.secret and kept else "",
    )


def _offered() -> list[tuple[str, str, list[str]]]:
    """Each provider: its name, what people call it, and its channels in words."""
    return [
        (name, gettext(row.title), [word(CHANNELS, channel) for channel in row.channels])
        for name, row in OFFERED.items()
    ]


def _channel(account: Account) -> str:
    """The one that its settings name, so that it moves with them."""
    kept = {name: str(value) for name, value in account.options.items()}
    settings_of = AccountSettings(
        slug=account.slug, adapter=account.adapter, sender=account.sender, options=kept
    )
    return registry.channel(settings_of)


class StateFilter(ChoiceFilter):
    title = _("state")
    parameter_name = "state"
    words = {"active": _("active"), "paused": _("paused")}


@admin.register(Account)
class AccountAdmin(BaseAdmin):
    lead = _("Who carries your messages: an account with a provider for each channel.")
    deletion = _("Nothing more is handed over by it.")
    list_display = (
        "slug",
        "provider",
        "channel_name",
        "sender",
        "state_label",
        "paused_reason",
        "created",
    )
    list_filter = (StateFilter,)
    ordering = ("slug",)
    sortable_by = ()
    row_posts = ("pause", "resume")
    change_form_outer_before_template = "admin/channels/account/state.html"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the provider, then its form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.GET.get("adapter") not in OFFERED:
            context = {"title": gettext("Choose a provider"), "providers": _offered()}
            return self.page(request, "admin/channels/account/choose.html", context)
        answer: HttpResponse = super().add_view(request, form_url, extra_context)
        return answer

    def get_form(
        self, request: HttpRequest, obj: Account | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Account]]:
        adapter = obj.adapter if obj else request.GET["adapter"]
        kwargs["form"] = form_for(adapter, obj)
        form: type[forms.ModelForm[Account]] = super().get_form(
            request, obj, change=change, **kwargs
        )
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Account | None = None) -> Any:
        adapter = obj.adapter if obj else request.GET["adapter"]
        options = [PREFIX + option.name for option in registry.options(adapter)]
        return [
            (None, {"fields": ["slug", "sender"]}),
            (
                gettext(OFFERED[adapter].title) if adapter in OFFERED else adapter,
                {"fields": options},
            ),
            (gettext("Pace"), {"fields": ["rate", "warmup", "warmup_from"]}),
            *([(gettext("Costs"), {"fields": ["prices"]})] if adapter not in FREE else []),
        ]

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        if not change:
            obj.adapter = form.adapter
            obj.created_at = now()
        obj.channel = _channel(obj)
        super().save_model(request, obj, form, change)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        account = self.row(request, object_id)
        base = f"{settings.PUBLIC_URL}/callbacks/{account.adapter}/{account.slug}"
        usual = () if account.adapter in registry.OWN else ("",)
        extra = {"callbacks": [base + path for path in CALLBACKS.get(account.adapter, usual)]}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    def do_pause(self, request: HttpRequest, row: Account) -> None:
        """Stop handing over by this account; its messages wait."""
        reason = request.POST.get("reason", "").strip()[:200]
        by = request.user.get_username()
        Account.objects.filter(pk=row.pk).update(
            state="paused", paused_reason=reason or gettext("paused by %(user)s") % {"user": by}
        )
        self.log_change(request, row, "paused")
        messages.success(request, gettext("The account is paused. Its messages wait."))

    def do_resume(self, request: HttpRequest, row: Account) -> None:
        """Hand over by this account again."""
        Account.objects.filter(pk=row.pk).update(state="active", paused_reason="")
        self.log_change(request, row, "resumed")
        messages.success(request, gettext("The account is active again."))

    @display(description=_("provider"))
    def provider(self, account: Account) -> str:
        row = registry.PROVIDERS.get(account.adapter)
        return gettext(row.title) if row else account.adapter

    @display(description=_("channel"))
    def channel_name(self, account: Account) -> str:
        return word(CHANNELS, account.channel)

    @display(description=_("state"))
    def state_label(self, account: Account) -> SafeString:
        return chip(
            account.get_state_display(), "success" if account.state == "active" else "danger"
        )

    @display(description=_("created"))
    def created(self, account: Account) -> SafeString | str:
        return moment(account.created_at)
