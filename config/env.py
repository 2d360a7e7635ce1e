"""Reads the environment (and `.env`) into typed values.

One place, so that every setting has one spelling.

Wrong values stop the start with one sentence that names the variable and the remedy.
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

from channels.core.quiet import Quiet
from channels.core.quiet import parse as parse_quiet
from channels.core.sunset import Sunset
from channels.core.sunset import parse as parse_sunset
from channels.core.utm import Tags
from channels.core.utm import parse as parse_utm

ROOT = Path(__file__).resolve().parent.parent

_ADAPTER = re.compile(r"[a-z][a-z0-9_]*")
_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")

env = environ.Env()
environ.Env.read_env(ROOT / ".env") if (ROOT / ".env").is_file() else None


def secret_key(*, state: Path, may_generate: bool) -> str:
    """The SECRET_KEY: from the environment, else generated once into `state` (mode 0600)."""
    value: str = env.str("SECRET_KEY", default="")
    if value:
        return value
    if not may_generate:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: give it a random value of 50 characters or more."
        )
    path = state / "secret_key"
    if not path.is_file():
        state.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def time_zone(name: str, *, default: str) -> str:
    """The name of a zone of the IANA database."""
    value: str = env.str(name, default=default)
    if value not in available_timezones():
        raise ImproperlyConfigured(f"{name} is {value}: give an IANA zone such as Europe/Berlin.")
    return value


def percent(name: str, *, default: float) -> float:
    """A number from 0 to 100."""
    value: float = env.float(name, default=default)
    if not 0 <= value <= 100:
        raise ImproperlyConfigured(f"{name} is {value}: give a percentage from 0 to 100.")
    return value


def number(name: str, *, default: int, least: int, most: int) -> int:
    """A whole number within bounds."""
    value: int = env.int(name, default=default)
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name} is {value}: give a number from {least} to {most}.")
    return value


def choice(name: str, options: Sequence[str], *, default: str) -> str:
    """One of a few words."""
    value: str = env.str(name, default=default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} is {value}: give one of {', '.join(options)}.")
    return value


def quiet() -> Quiet:
    """When nobody is written to, from three variables."""
    given = {
        "hours": ("SOJOURN_QUIET_HOURS", env.str("SOJOURN_QUIET_HOURS", default="")),
        "days": ("SOJOURN_QUIET_DAYS", env.list("SOJOURN_QUIET_DAYS", default=[])),
        "sms": ("SOJOURN_SMS_HOURS", env.str("SOJOURN_SMS_HOURS", default="")),
    }
    for part, (name, value) in given.items():
        try:
            parse_quiet(**{part: value})
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error
    return parse_quiet(**{part: value for part, (_, value) in given.items()})


def sunset() -> Sunset | None:
    """After how much silence an address gets no more marketing; None for never."""
    try:
        return parse_sunset(env.str("SOJOURN_SUNSET", default=""))
    except ValueError as error:
        raise ImproperlyConfigured(f"SOJOURN_SUNSET: {error}") from error


def utm() -> Tags:
    """The UTM parameters of counted links."""
    try:
        return parse_utm(env.str("SOJOURN_UTM", default=""))
    except ValueError as error:
        raise ImproperlyConfigured(f"SOJOURN_UTM: {error}") from error


def signing_secrets(given: Sequence[str], *, derived_from: str) -> list[str]:
    """The secrets that sign calls, the first one in use; derived from another where none is given.

    Form of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64.
    """
    for secret in given:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_").encode("ascii"), validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if not 24 <= len(key) <= 64:
            raise ImproperlyConfigured(
                "SOJOURN_CALL_SECRET is not valid: write whsec_ and 24 to 64 bytes in base64."
            )
    own = hashlib.sha256(b"sojourn.call.signature:" + derived_from.encode()).digest()
    return list(given) or [f"whsec_{base64.b64encode(own).decode()}"]


def adapters(given: Sequence[str]) -> dict[str, str]:
    """Packages of other people's adapters by name: `name=package.path`."""
    named = {}
    for each in given:
        name, _, package = (part.strip() for part in each.partition("="))
        if not _ADAPTER.fullmatch(name) or not _PACKAGE.fullmatch(package):
            raise ImproperlyConfigured(
                f"SOJOURN_ADAPTERS says {each!r}: write name=package.path, with commas between."
            )
        named[name] = package
    return named


SESSION = "-c jit=off -c idle_in_transaction_session_timeout=60s"
"""The time-out ends a transaction whose process was stopped in the middle of it: its locks would
keep the work from everybody else. `options` in the URL's query take the place of both."""


def database(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL URL.

    The host may be a percent-encoded socket folder; the query goes to libpq.
    """
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    socket = unquote(place) if place.lower().startswith("%2f") else ""
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql:// and name a PostgreSQL server."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": socket or parts.hostname or "",
        "PORT": "" if socket else str(parts.port or ""),
        "OPTIONS": {"options": SESSION, **dict(parse_qsl(parts.query))},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
