"""Issues and withdraws API keys. A key is shown once; only its SHA-256 is kept."""

import datetime as dt
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from profiles.core.api_keys import KINDS, SCOPES, SHOWN, digest


class AccessError(ValueError):
    """A key cannot be issued; the message says what to change."""


def create_key(*, name: str, kind: str, scopes: Sequence[str], now: dt.datetime) -> str:
    """A new key. This is the only time that it can be read."""
    key = f"{KINDS.get(kind, kind)}_{secrets.token_urlsafe(32)}"
    _put(key, name=name, kind=kind, scopes=scopes, now=now)
    return key


def revoke_key(key_id: int, *, now: dt.datetime) -> bool:
    """Withdraw a key; processes that have just seen it forget it within seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_apikey SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL",
            [now, key_id],
        )
        return bool(cursor.rowcount)


def seed_keys(*, now: dt.datetime) -> list[str]:
    """Make the keys that SOJOURN_WRITE_KEY and SOJOURN_API_KEY name; returns the kinds made."""
    given = (
        ("write", settings.SOJOURN_WRITE_KEY, ()),
        ("api", settings.SOJOURN_API_KEY, SCOPES),
    )
    made = []
    for kind, key, scopes in given:
        name = f"SOJOURN_{kind.upper()}_KEY"
        if key and _put(key, name=name, kind=kind, scopes=scopes, now=now):
            made.append(kind)
    return made


def _put(key: str, *, name: str, kind: str, scopes: Sequence[str], now: dt.datetime) -> bool:
    if kind not in KINDS:
        raise AccessError(_("A key is of kind write (events) or api (management)."))
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise AccessError(
            _("Unknown scope %(scope)s: use %(known)s.")
            % {"scope": ", ".join(unknown), "known": ", ".join(SCOPES)}
        )
    if kind == "api" and not scopes:
        raise AccessError(_("A management key needs scopes: %s.") % ", ".join(SCOPES))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_apikey (name, kind, prefix, hash, scopes, created_at) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (hash) DO NOTHING",
            [name, kind, key[:SHOWN], digest(key), list(scopes), now],
        )
        return bool(cursor.rowcount)
