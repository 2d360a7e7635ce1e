"""manage.py call_secret: the secret by which receivers check the signature of calls."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Print the secret that signs calls, for whoever receives them (Standard Webhooks)."

    def handle(self, *args: Any, **options: Any) -> None:
        for secret in settings.SOJOURN_CALL_SECRETS:
            self.stdout.write(secret)
