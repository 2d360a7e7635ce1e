"""Provider accounts from the environment: a default account for each provider named there."""

import datetime as dt
import os
from collections.abc import Mapping
from typing import NamedTuple

from channels.models import Account


class Seed(NamedTuple):
    """A provider's variables: which must be set, which one names the sender, and the options."""

    adapter: str
    channel: str
    required: tuple[str, ...]
    sender: str
    options: Mapping[str, str]


SEEDS = (
    Seed("sendgrid", "email", ("SENDGRID_API_KEY",), "EMAIL_FROM", {
        "SENDGRID_API_KEY": "api_key",
        "SENDGRID_BASE_URL": "base_url",
        "SENDGRID_WEBHOOK_PUBLIC_KEY": "webhook_public_key",
    }),
    Seed("smtp", "email", ("SMTP_URL",), "EMAIL_FROM", {"SMTP_URL": "url"}),
    Seed("twilio", "sms", ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"), "TWILIO_FROM", {
        "TWILIO_ACCOUNT_SID": "account_sid",
        "TWILIO_AUTH_TOKEN": "auth_token",
        "TWILIO_BASE_URL": "base_url",
    }),
    Seed("webpush", "push", ("VAPID_PRIVATE_KEY",), "", {
        "VAPID_PRIVATE_KEY": "private_key",
        "VAPID_SUBJECT": "subject",
    }),
    Seed("telegram", "telegram", ("TELEGRAM_BOT_TOKEN",), "", {
        "TELEGRAM_BOT_TOKEN": "token",
        "TELEGRAM_SECRET_TOKEN": "secret_token",
        "TELEGRAM_BASE_URL": "base_url",
    }),
    Seed("fcm", "push", ("FCM_SERVICE_ACCOUNT",), "", {
        "FCM_SERVICE_ACCOUNT": "service_account",
        "FCM_BASE_URL": "base_url",
    }),
    Seed("apns", "push", ("APNS_KEY", "APNS_KEY_ID", "APNS_TEAM_ID", "APNS_TOPIC"), "", {
        "APNS_KEY": "key",
        "APNS_KEY_ID": "key_id",
        "APNS_TEAM_ID": "team_id",
        "APNS_TOPIC": "topic",
        "APNS_BASE_URL": "base_url",
    }),
    Seed("onsite", "inbox", ("INBOX_SECRET",), "", {"INBOX_SECRET": "secret"}),
)  # fmt: skip
"""The account's slug is its adapter's name. Earlier rows come first where two serve one channel."""


def seed_accounts(*, now: dt.datetime, environment: Mapping[str, str] | None = None) -> list[str]:
    """Create or update the accounts whose variables are set; returns the slugs that changed.

    Options that the environment does not name stay as an operator entered them; an account whose
    settings changed is tried again, even if its provider had refused the old ones.
    """
    given = os.environ if environment is None else environment
    return [seed.adapter for seed in SEEDS if _seed(seed, given, now)]


def _seed(seed: Seed, given: Mapping[str, str], now: dt.datetime) -> bool:
    if not all(given.get(name) for name in seed.required):
        return False
    account = Account.objects.filter(slug=seed.adapter).first()
    if account is None:
        account = Account(
            slug=seed.adapter, adapter=seed.adapter, channel=seed.channel, created_at=now
        )
    named = {option: given[name] for name, option in seed.options.items() if given.get(name)}
    options = {**account.options, **named}
    sender = given.get(seed.sender) or account.sender
    if account.pk and (options, sender) == (account.options, account.sender):
        return False
    account.options, account.sender = options, sender
    account.state, account.paused_reason = "active", ""
    account.save()
    return True
