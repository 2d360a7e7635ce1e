"""How the admin's theme is dressed: name, colours, the sidebar. Read once by the settings."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def in_sandbox(request: HttpRequest) -> bool:
    """May this person see the sandbox's page, if this is one?"""
    return bool(settings.SOJOURN_SANDBOX) and request.user.has_perm("channels.view_message")


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _item(
    title: Any, icon: str, route: str, permission: Callable[[HttpRequest], bool] | str
) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{route}"),
        "permission": _may(permission) if isinstance(permission, str) else permission,
    }


def _list(title: Any, icon: str, label: str) -> dict[str, Any]:
    """The list of a model, for whoever may see it."""
    app, model = label.split(".")
    return _item(title, icon, f"{app}_{model}_changelist", f"{app}.view_{model}")


NAVIGATION = [
    {"items": [_item(_("Home"), "home", "index", lambda request: request.user.is_staff)]},
    {
        "title": _("Audience"),
        "items": [
            _list(_("Customers"), "person", "profiles.customer"),
            _list(_("Segments"), "groups", "profiles.segment"),
            _list(_("Events"), "bolt", "profiles.event"),
            _list(_("Consents"), "fact_check", "profiles.consent"),
            _list(_("Merges"), "merge", "profiles.merge"),
            _list(_("Lifecycle model"), "tune", "profiles.lifecyclemodel"),
        ],
    },
    {
        "title": _("Journeys"),
        "items": [
            _list(_("Journeys"), "route", "journeys.journey"),
            _list(_("Enrollments"), "directions_walk", "journeys.enrollment"),
            _list(_("Decisions"), "alt_route", "journeys.decision"),
        ],
    },
    {
        "title": _("Reports"),
        "items": [
            _item(_("Value"), "payments", "report_value", "profiles.view_customer"),
            _item(_("Stages by month"), "water", "report_stages", "profiles.view_customer"),
            _item(_("Retention"), "event_repeat", "report_retention", "profiles.view_customer"),
            _item(_("Overlap"), "join_inner", "report_overlap", "profiles.view_customer"),
        ],
    },
    {
        "title": _("Channels"),
        "items": [
            _list(_("Messages"), "mail", "channels.message"),
            _list(_("Templates"), "drafts", "channels.template"),
            _list(_("Seed list"), "outgoing_mail", "channels.seed"),
            _list(_("Calls"), "call", "channels.call"),
            _item(_("Sandbox"), "science", "sandbox", in_sandbox),
            _list(_("Provider accounts"), "hub", "channels.account"),
            _list(_("Frequency caps"), "speed", "channels.frequencycap"),
            _list(_("Halts"), "front_hand", "channels.halt"),
            _list(_("Suppressions"), "block", "channels.suppression"),
            _list(_("Devices"), "devices", "channels.device"),
            _list(_("Link checks"), "link_off", "channels.linkcheck"),
        ],
    },
    {
        "title": _("System"),
        "items": [
            _item(_("Health"), "monitor_heart", "health", lambda request: request.user.is_staff),
            _list(_("Set aside"), "report", "journeys.setaside"),
            _list(_("Periodic tasks"), "schedule", "django_celery_beat.periodictask"),
            _list(_("API keys"), "key", "profiles.apikey"),
            _list(_("Audit log"), "history", "profiles.auditentry"),
            _list(_("Users"), "manage_accounts", "auth.user"),
            _list(_("Groups"), "group", "auth.group"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Sojourn",
    "SITE_HEADER": "Sojourn",
    "SITE_SUBHEADER": _("Customer journeys"),
    "SITE_SYMBOL": "route",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("sojourn/icon.svg"),
        }
    ],
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("admin:set_language")},
    "ENVIRONMENT": "config.admin.site.environment",
    "DASHBOARD_CALLBACK": "config.admin.home.dashboard",
    "STYLES": [lambda _request: static("sojourn/admin.css")],
    "SCRIPTS": [lambda _request: static("sojourn/admin.js")],
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": NAVIGATION},
    "ACCOUNT": {
        "navigation": [
            {"title": _("Two-factor sign-in"), "link": reverse_lazy("admin:two_factor")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
        ]
    },
    "COMMAND": {"search_callback": "config.admin.site.search"},
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .015 195)",
            "100": "oklch(94.5% .035 195)",
            "200": "oklch(89% .06 195)",
            "300": "oklch(81% .085 196)",
            "400": "oklch(71% .1 197)",
            "500": "oklch(60% .1 199)",
            "600": "oklch(48.5% .085 202)",
            "700": "oklch(42% .073 204)",
            "800": "oklch(36% .06 206)",
            "900": "oklch(31% .05 208)",
            "950": "oklch(23% .04 210)",
        }
    },
}
