"""Keys of the event API and the management API. The key itself is shown once, when it is made."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import DASH, ReadOnlyAdmin, chip, display, moment, now
from profiles.admin.fields import select, text_input
from profiles.core.api_keys import SCOPES
from profiles.models import ApiKey
from profiles.operations.access import AccessError, create_key, revoke_key

SCOPE_WORDS = {
    "read": _("read: customers, journeys, messages and reports"),
    "write": _("write: customers, consents and drafts of journeys"),
    "publish": _("publish: publish, pause and stop journeys"),
    "privacy": _("privacy: export and erase customers"),
}


class KeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, widget=text_input())
    kind = forms.ChoiceField(
        label=_("For"),
        choices=[
            ("write", _("sending events (Segment and RudderStack clients)")),
            ("api", _("the management API")),
        ],
        widget=select(),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("For the management API only."),
    )

    def issue(self) -> str | None:
        """The new key, or None with the reason among the form's errors."""
        given = self.cleaned_data
        scopes = given["scopes"] if given["kind"] == "api" else []
        try:
            return create_key(name=given["name"], kind=given["kind"], scopes=scopes, now=now())
        except AccessError as error:
            self.add_error(None, str(error))
            return None


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    lead = _("Keys for shops that send events and for programs that manage journeys.")
    list_display = ("name", "kind_name", "state", "prefix", "scope_names", "created", "expires")
    ordering = ("-id",)
    sortable_by = ()
    facts = (*list_display, "revoked")
    row_page = "admin/profiles/apikey/page.html"
    row_posts = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("profiles.add_apikey")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST or None)
        key = form.issue() if request.method == "POST" and form.is_valid() else None
        context = {"title": gettext("New API key"), "form": form, "key": key}
        answer = self.page(request, "admin/profiles/apikey/add.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def row_context(self, request: HttpRequest, row: ApiKey) -> dict[str, Any]:
        may = self.may_do(request, "revoke", row) and not row.revoked_at
        return {
            **super().row_context(request, row),
            "may_revoke": may,
            "revoke_url": self.url("revoke", row.pk),
        }

    def do_revoke(self, request: HttpRequest, row: ApiKey) -> None:
        revoke_key(row.pk, now=now())
        self.log_change(request, row, "revoked")
        messages.success(request, gettext("The key is revoked."))

    @display(description=_("for"))
    def kind_name(self, key: ApiKey) -> str:
        return key.get_kind_display()

    @display(description=_("state"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return chip(gettext("revoked"), "danger")
        if key.expires_at and key.expires_at <= now():
            return chip(gettext("expired"), "warning")
        return chip(gettext("valid"), "success")

    @display(description=_("scopes"))
    def scope_names(self, key: ApiKey) -> str:
        return ", ".join(key.scopes) or DASH

    @display(description=_("created"))
    def created(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @display(description=_("expires"))
    def expires(self, key: ApiKey) -> str:
        return moment(key.expires_at)

    @display(description=_("revoked"))
    def revoked(self, key: ApiKey) -> str:
        return moment(key.revoked_at)
