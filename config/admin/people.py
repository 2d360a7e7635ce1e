"""Users and groups, in the theme's forms."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from profiles.admin.base import BaseAdmin, Words, display, word

admin.site.unregister([User, Group])


VERBS: Words = {
    "add": _("add"),
    "change": _("change"),
    "delete": _("delete"),
    "view": _("view"),
}


def right(permission: Permission) -> str:
    """A right as people read it: of what, and what may be done with it."""
    of = permission.content_type
    model, verb = of.model_class(), permission.codename.partition("_")[0]
    kind = model._meta.verbose_name_plural if model else of.model
    may = word(VERBS, verb) if permission.name.startswith("Can ") else gettext(permission.name)
    return capfirst(f"{kind}: {may}")


class Rights:
    """The form's list of rights, in words."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and db_field.related_model is Permission:
            field.label_from_instance = right
        return field


@admin.register(User)
class UserAdmin(Rights, DjangoUserAdmin, BaseAdmin):  # type: ignore[misc, type-arg]
    lead = _("Who may sign in here, and what each may do.")
    deletion = _("The person can no longer sign in. What they did stays in the audit log.")
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = (
        "username", "first_name", "last_name", "email", "is_active", "is_superuser", "two_factor",
    )  # fmt: skip
    list_filter = ("is_active", "is_superuser", "groups")
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        apps = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows: QuerySet[User] = super().get_queryset(request).annotate(has_app=Exists(apps))
        return rows

    @display(description=_("Two-factor sign-in"), boolean=True, ordering="has_app")
    def two_factor(self, user: User) -> bool:
        return bool(getattr(user, "has_app", False))


@admin.register(Group)
class GroupAdmin(Rights, DjangoGroupAdmin, BaseAdmin):  # type: ignore[misc]
    lead = _("Roles: rights that several people share.")
    deletion = _("Its people keep their accounts and lose the rights of this group.")
    list_display = ("name",)
