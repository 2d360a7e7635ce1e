"""Reads the environment (and `.env`) into typed values.

One place, so that every setting has one spelling.

Wrong values stop the start with one sentence that names the variable and the remedy.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent

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
