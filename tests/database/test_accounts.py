"""Provider accounts: seeded from the environment, chosen by id, never shown with their secrets."""

from typing import Any

import pytest
from django.db import connection

from channels.models import Account
from channels.operations.accounts import seed_accounts
from channels.operations.devices import push_key
from channels.queries.accounts import by_ids, by_slug, ways
from tests.channels.providers import VAPID
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a"
ENVIRONMENT = {
    "SENDGRID_API_KEY": CANARY, "SENDGRID_BASE_URL": "http://127.0.0.1:1",
    "EMAIL_FROM": "a@b.example", "SMTP_URL": "smtp://127.0.0.1:25",
    "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15550001111",
    "VAPID_PRIVATE_KEY": VAPID, "VAPID_SUBJECT": "mailto:a@b.example",
    "TELEGRAM_BOT_TOKEN": "42:t", "TELEGRAM_SECRET_TOKEN": "s",
}  # fmt: skip


def seed(**changes: str) -> list[str]:
    return seed_accounts(now=NOW, environment={**ENVIRONMENT, **changes})


def test_each_named_provider_gets_a_default_account() -> None:
    assert seed() == ["sendgrid", "smtp", "twilio", "webpush", "telegram"]
    assert seed() == []
    found = ways()
    assert {channel: way.settings.slug for channel, way in found.open.items()} == {
        "email": "sendgrid", "sms": "twilio", "push": "webpush",
        "telegram": "telegram",
    }  # fmt: skip
    assert found.open["email"].settings.sender == "a@b.example"
    assert found.open["email"].settings.options["base_url"] == "http://127.0.0.1:1"
    assert found.paused == []


@pytest.mark.parametrize("missing", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_a_provider_that_is_named_in_part_gets_none(missing: str) -> None:
    assert "twilio" not in seed(**{missing: ""})


APPS = {
    "FCM_SERVICE_ACCOUNT": "{}", "APNS_KEY": "k", "APNS_KEY_ID": "K", "APNS_TEAM_ID": "T",
    "APNS_TOPIC": "com.example.shop",
}  # fmt: skip


def test_push_services_of_apps_are_seeded_too() -> None:
    assert seed_accounts(now=NOW, environment=APPS) == ["fcm", "apns"]
    assert seed_accounts(now=NOW, environment=APPS) == []
    kept = Account.objects.get(slug="apns")
    assert (kept.channel, kept.options["topic"]) == ("push", "com.example.shop")


def test_nothing_named_means_no_account() -> None:
    assert seed_accounts(now=NOW, environment={}) == []
    assert ways().open == {}


def test_changed_variables_update_the_account_and_resume_it() -> None:
    seed()
    account = Account.objects.get(slug="sendgrid")
    account.options = {**account.options, "webhook_public_key": "entered by hand"}
    account.state, account.paused_reason = "paused", "wrong key"
    account.save()
    assert seed(SENDGRID_API_KEY="new") == ["sendgrid"]
    account.refresh_from_db()
    assert account.options["api_key"] == "new"
    assert account.options["webhook_public_key"] == "entered by hand"
    assert (account.state, account.paused_reason) == ("active", "")


def test_an_unchanged_account_stays_paused() -> None:
    seed()
    Account.objects.update(state="paused")
    assert seed() == []
    assert sorted(ways().paused) == ["email", "push", "sms", "telegram"]


def test_the_first_active_account_of_a_channel_is_taken() -> None:
    seed()
    Account.objects.filter(slug="sendgrid").update(state="paused")
    assert ways().open["email"].settings.slug == "smtp"
    resting = Account.objects.get(slug="smtp").pk
    assert ways(resting=[resting]).paused == ["email"]


def test_secrets_are_neither_in_the_table_nor_in_words() -> None:
    seed()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(a::text, '') FROM channels_account a")
        assert CANARY not in cursor.fetchone()[0]
    assert CANARY not in repr(ways())


def test_an_account_that_cannot_be_decrypted_counts_as_paused(settings: Any) -> None:
    seed()
    settings.SECRET_KEY = "another" * 10
    assert ways().open == {}
    assert by_slug("sendgrid", adapter="sendgrid") is None


def test_callbacks_find_paused_accounts_too_but_only_of_their_provider() -> None:
    seed()
    Account.objects.update(state="paused")
    found = by_slug("sendgrid", adapter="sendgrid")
    assert found is not None
    assert found.options["api_key"] == CANARY
    assert by_slug("sendgrid", adapter="twilio") is None
    assert by_slug("nobody", adapter="sendgrid") is None
    ids = list(Account.objects.values_list("id", flat=True))
    assert set(by_ids(ids)) == set(ids)


def test_browsers_get_the_public_half_of_the_push_key() -> None:
    assert push_key() == ""
    letters.account("webpush", "push", private_key=VAPID)
    assert len(push_key()) == 87
    assert push_key().startswith("B")
