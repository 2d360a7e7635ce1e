"""Django settings.

Values come from the environment through `config.env`;
nothing here starts a server or opens a file other than the generated secret key.
"""

from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from config import embedded
from config.env import (
    ROOT,
    adapters,
    choice,
    database,
    env,
    number,
    percent,
    quiet,
    secret_key,
    signing_secrets,
    sunset,
    time_zone,
    utm,
)
from config.unfold import UNFOLD  # noqa: F401  (the admin theme looks for it here)

BASE_DIR = ROOT
STATE_DIR = embedded.state_dir()
DEBUG: bool = env.bool("DEBUG", default=False)
EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
EMBEDDED_BROKER = not env.str("REDIS_URL", default="")
SECRET_KEY = secret_key(state=STATE_DIR, may_generate=DEBUG or EMBEDDED_DATABASE)
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
_own_hosts = ["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or ""]
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=_own_hosts)

SOJOURN_SANDBOX: bool = env.bool("SOJOURN_SANDBOX", default=DEBUG)
SOJOURN_TIME_ZONE: str = time_zone("SOJOURN_TIME_ZONE", default="UTC")
SOJOURN_QUIET = quiet()
SOJOURN_SUNSET = sunset()
SOJOURN_UTM = utm()
SOJOURN_GLOBAL_CONTROL: float = percent("SOJOURN_GLOBAL_CONTROL", default=5)
SOJOURN_CONSENT: str = env.str("SOJOURN_CONSENT", default="opt_out")
SOJOURN_CALL_SECRETS = signing_secrets(
    env.list("SOJOURN_CALL_SECRET", default=[]), derived_from=SECRET_KEY
)
SOJOURN_USER_SECRETS: list[str] = env.list("SOJOURN_USER_SECRET", default=[])
SOJOURN_LINK_CHECK: str = choice("SOJOURN_LINK_CHECK", ("refuse", "warn", "off"), default="refuse")
SOJOURN_FOUR_EYES: bool = env.bool("SOJOURN_FOUR_EYES", default=False)
SOJOURN_REQUIRE_2FA: bool = env.bool("SOJOURN_REQUIRE_2FA", default=False)
SOJOURN_WRITE_KEY: str = env.str("SOJOURN_WRITE_KEY", default="")
SOJOURN_API_KEY: str = env.str("SOJOURN_API_KEY", default="")
SOJOURN_TRIGGER_MAX_AGE_HOURS: int = env.int("SOJOURN_TRIGGER_MAX_AGE_HOURS", default=72)
SOJOURN_DECISIONS_DAYS: int = env.int("SOJOURN_DECISIONS_DAYS", default=90)
SOJOURN_WATCHDOG_SECONDS: int = env.int("SOJOURN_WATCHDOG_SECONDS", default=60)
SOJOURN_RESEND_TRANSACTIONAL_AFTER: int = env.int("SOJOURN_RESEND_TRANSACTIONAL_AFTER", default=0)
SOJOURN_MISFIRE_HOURS: int = env.int("SOJOURN_MISFIRE_HOURS", default=12)
SOJOURN_SEND_THREADS: int = number("SOJOURN_SEND_THREADS", default=64, least=1, most=256)
SOJOURN_INGEST_RATE: int = env.int("SOJOURN_INGEST_RATE", default=0)
SOJOURN_ADAPTERS = adapters(env.list("SOJOURN_ADAPTERS", default=[]))
SOJOURN_ORDER_EVENTS = {
    "ordered": ["Order Completed"],
    "refunded": ["Order Refunded"],
    "cancelled": ["Order Cancelled"],
    "viewed": ["Product Viewed"],
    "carted": ["Cart Updated", "Product Added"],
    "checkout": ["Checkout Started"],
}

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_celery_beat",
    "config.apps.ConfigConfig",
    "profiles.apps.ProfilesConfig",
    "channels.apps.ChannelsConfig",
    "journeys.apps.JourneysConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.acting.Acting",
    "config.admin.site.AdminFrame",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL: str = env.str("DATABASE_URL", default="") or embedded.default_database_url()
DATABASES: dict[str, Any] = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="") or embedded.default_broker_url()
BROKER_URL: str = env.str("BROKER_URL", default="") or REDIS_URL

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
OTP_TOTP_ISSUER = "Sojourn"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian"))]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
STATICFILES_DIRS = [ROOT / "templates" / "static"]
WHITENOISE_USE_FINDERS = True

SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
