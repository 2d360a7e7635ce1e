"""Users and groups, in the theme's forms."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from profiles.admin.base import BaseAdmin, display

admin.site.unregister([User, Group])


@admin.register(User)
class UserAdmin(DjangoUserAdmin, BaseAdmin):  # type: ignore[misc, type-arg]
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
class GroupAdmin(DjangoGroupAdmin, BaseAdmin):  # type: ignore[misc]
    list_display = ("name",)
