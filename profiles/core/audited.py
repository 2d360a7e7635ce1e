"""The tables whose every change is on record, and what of them is not worth telling or secret."""

from typing import NamedTuple


class Audited(NamedTuple):
    """`label` is the column that names a row to people. The values of `hidden` columns are never
    told, only that they changed; of `ignored` ones not even that. `on` is what is written down.
    """

    kind: str
    label: str
    hidden: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    on: str = "INSERT OR UPDATE OR DELETE"


TIMES = ("created_at", "updated_at")
TABLES = {
    "journeys_journey": Audited("journeys.journey", "slug", ignored=("document", *TIMES)),
    "journeys_version": Audited(
        "journeys.version", "number", ignored=("document", "source", "contents", "digest")
    ),
    "journeys_publishrequest": Audited("journeys.publishrequest", "revision"),
    "channels_account": Audited("channels.account", "slug", ("secret",), TIMES),
    "channels_frequencycap": Audited("channels.frequencycap", "slug"),
    "channels_halt": Audited("channels.halt", "name"),
    "channels_template": Audited("channels.template", "slug", ignored=("source", *TIMES)),
    "channels_seed": Audited("channels.seed", "name"),
    "profiles_segment": Audited(
        "profiles.segment",
        "slug",
        ignored=("source", "building", "built_upto", "built_at", *TIMES),
    ),
    "profiles_apikey": Audited("profiles.apikey", "name", ("hash",), TIMES),
    "profiles_lifecyclemodel": Audited(
        "profiles.lifecyclemodel", "version", ignored=("moved",), on="UPDATE"
    ),
    "auth_user": Audited("auth.user", "username", ("password",), ("last_login",)),
    "auth_group": Audited("auth.group", "name"),
    "auth_user_groups": Audited("auth.user_groups", ""),
    "auth_user_user_permissions": Audited("auth.user_permissions", ""),
    "auth_group_permissions": Audited("auth.group_permissions", ""),
    "django_celery_beat_periodictask": Audited(
        "django_celery_beat.periodictask",
        "name",
        ignored=("last_run_at", "total_run_count", "date_changed"),
    ),
}
