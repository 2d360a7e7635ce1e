"""What keeps messages back: frequency caps, and halts for emergencies."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels.models import FrequencyCap, Halt
from channels.operations import brakes
from profiles.admin.base import (
    CHANNELS,
    BaseAdmin,
    chip,
    display,
    moment,
    now,
    select,
    text_input,
    word,
)


class CapForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    channel = forms.ChoiceField(
        label=_("Channel"), required=False, widget=select(),
        choices=lambda: [("", gettext("all together")), *_channels()],
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        cap = FrequencyCap(
            channel=given.get("channel", ""),
            period=given.get("period", ""),
            hours=given.get("hours"),
        )
        if problem := brakes.fault(cap):
            raise forms.ValidationError(problem)
        return given


class HaltForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    scope = forms.ChoiceField(
        label=_("What"), choices=[("", "–"), *Halt.SCOPES], widget=select(),
        help_text=_("What is chosen stops at once, for everybody."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), widget=text_input(), help_text=_("Whoever finds the halt reads why.")
    )

    def clean(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        if problem := brakes.halt_fault(given.get("scope", ""), given.get("name", "")):
            raise forms.ValidationError(problem)
        return given


def _channels() -> list[tuple[str, str]]:
    return [(name, word(CHANNELS, name)) for name in brakes.channels()]


@admin.register(FrequencyCap)
class FrequencyCapAdmin(BaseAdmin):
    lead = _("How many marketing messages a customer gets at most. Transactional ones always go.")
    deletion = _("Messages are no longer held back by it.")
    list_display = ("slug", "says", "channel_name", "topic", "reserve_hours")
    ordering = ("slug",)
    sortable_by = ()
    form = CapForm
    fields = ("slug", "most", "period", "hours", "channel", "topic", "reserve_hours")

    @display(description=_("at most"))
    def says(self, cap: FrequencyCap) -> str:
        if cap.period:
            return f"{cap.most} / {cap.get_period_display()}"
        hours = cap.hours or 0
        return ngettext(
            "%(most)d in any %(hours)d hour", "%(most)d in any %(hours)d hours", hours
        ) % {"most": cap.most, "hours": hours}

    @display(description=_("channel"))
    def channel_name(self, cap: FrequencyCap) -> str:
        return word(CHANNELS, cap.channel) if cap.channel else gettext("all together")


@admin.register(Halt)
class HaltAdmin(BaseAdmin):
    """A halt is put up and lifted; it is never changed."""

    lead = _(
        "Emergency stops: nothing they name is sent while they stand. Messages wait, none is lost."
    )
    deletion = _("What it held back goes on being sent.")
    list_display = ("what", "name", "reason", "by", "since")
    ordering = ("-id",)
    sortable_by = ()
    form = HaltForm
    fields: tuple[str, ...] = ("scope", "name", "reason")
    readonly_fields = ("what", "since")

    def has_change_permission(self, request: HttpRequest, obj: Halt | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Halt, form: object, change: bool) -> None:
        by = f"admin:{request.user.get_username()}"
        obj.pk = brakes.halt(obj.scope, obj.name, reason=obj.reason, by=by, now=now())

    def delete_model(self, request: HttpRequest, obj: Halt) -> None:
        brakes.lift_halt(obj.pk)

    def row_title(self, row: Halt) -> str:
        return ": ".join(filter(None, (row.get_scope_display(), row.name)))

    def get_fields(self, request: HttpRequest, obj: Halt | None = None) -> tuple[str, ...]:
        return ("what", "name", "reason", "by", "since") if obj else self.fields

    @display(description=_("what"))
    def what(self, halt: Halt) -> SafeString:
        return chip(halt.get_scope_display(), "danger")

    @display(description=_("since"))
    def since(self, halt: Halt) -> SafeString | str:
        return moment(halt.at)
