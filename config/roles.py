"""Five roles, as groups: who may do what. `manage.py prepare` sets them right again.

Whoever may look, looks at everything but users, keys and the audit log; the rest is named here.
"""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission

LOOKING = (
    "profiles.customer", "profiles.segment", "profiles.event", "profiles.consent", "profiles.merge",
    "profiles.lifecyclemodel", "journeys.journey", "journeys.version", "journeys.enrollment",
    "journeys.decision", "journeys.setaside", "channels.message", "channels.template",
    "channels.seed", "channels.call", "channels.account", "channels.frequencycap", "channels.halt",
    "channels.suppression", "channels.device", "channels.linkcheck",
)  # fmt: skip
ROLES: Mapping[str, tuple[str, ...]] = {
    "viewer": (),
    "author": (
        "journeys.add_journey", "journeys.change_journey", "journeys.delete_journey",
        "profiles.add_segment", "profiles.change_segment", "profiles.delete_segment",
        "channels.add_template", "channels.change_template", "channels.delete_template",
        "channels.add_seed", "channels.change_seed", "channels.delete_seed",
    ),
    "approver": (
        "journeys.publish_journey", "journeys.pause_journey", "profiles.view_auditentry",
    ),
    "operator": (
        "journeys.pause_journey", "journeys.change_enrollment", "channels.change_message",
        "channels.add_account", "channels.change_account", "channels.delete_account",
        "channels.add_halt", "channels.delete_halt",
        "channels.add_frequencycap", "channels.change_frequencycap",
        "channels.delete_frequencycap", "channels.add_suppression", "channels.delete_suppression",
        "django_celery_beat.view_periodictask", "django_celery_beat.change_periodictask",
        "profiles.view_auditentry",
    ),
    "privacy": (
        "profiles.export_customer", "profiles.erase_customer", "profiles.change_consent",
        "channels.add_suppression", "channels.delete_suppression", "profiles.view_auditentry",
    ),
}  # fmt: skip
"""What each may beside looking. Users, groups and API keys are the superuser's."""


def permissions(role: str) -> set[str]:
    """`app.permission` of all that a role may."""
    looks = (name.replace(".", ".view_") for name in LOOKING)
    return {*looks, *ROLES[role]}


def sync() -> None:
    """Make the groups, and give them just these permissions."""
    found = Permission.objects.select_related("content_type")
    known = {f"{each.content_type.app_label}.{each.codename}": each for each in found}
    for role in ROLES:
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set(known[name] for name in permissions(role))
