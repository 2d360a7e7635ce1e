"""The product's settings, and the peers' tables and tasks beside them."""

from importlib.util import find_spec

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.peer"]
if find_spec("post_office"):
    INSTALLED_APPS.append("post_office")
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    POST_OFFICE = {"BATCH_SIZE": 1_000, "LOG_LEVEL": 0}
