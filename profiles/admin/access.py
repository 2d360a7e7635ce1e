"""Keys of the event API and the management API. The key itself is shown once, when it is made."""

from django.contrib import admin
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from profiles.admin.base import ReadOnlyAdmin, display, moment, now
from profiles.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind_name", "state", "prefix", "scope_names", "created", "expires")
    ordering = ("-id",)
    sortable_by = ()
    facts = (*list_display, "revoked")

    @display(description=_("for"))
    def kind_name(self, key: ApiKey) -> str:
        return key.get_kind_display()

    @display(description=_("state"), label={"valid": "success", "revoked": "danger", "expired": "warning"})
    def state(self, key: ApiKey) -> tuple[str, str]:
        if key.revoked_at:
            return "revoked", now_("revoked")
        if key.expires_at and key.expires_at <= now():
            return "expired", now_("expired")
        return "valid", now_("valid")

    @display(description=_("scopes"))
    def scope_names(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description=_("created"))
    def created(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @display(description=_("expires"))
    def expires(self, key: ApiKey) -> str:
        return moment(key.expires_at)

    @display(description=_("revoked"))
    def revoked(self, key: ApiKey) -> str:
        return moment(key.revoked_at)
