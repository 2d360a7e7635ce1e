"""Provider accounts, suppressions and API keys: secrets go in and never come out."""

import pytest
from django.test import Client
from django.urls import reverse

from channels.models import Account, Suppression
from profiles.models import ApiKey
from profiles.queries.api_keys import authenticate
from tests.world import World


def _change(account: Account) -> str:
    return reverse("admin:channels_account_change", args=[account.pk])


def _sendgrid(world: World) -> Account:
    account = Account(slug="sendgrid", adapter="sendgrid", channel="email", created_at=world.now)
    account.options = {"api_key": "SG.canary"}
    account.save()
    return account


def test_an_account_is_added_with_its_providers_settings(world: World, anna: Client) -> None:
    url = reverse("admin:channels_account_add")
    assert "Twilio" in anna.get(url).content.decode()
    answer = anna.post(
        f"{url}?adapter=twilio",
        {"slug": "sms", "sender": "+12025550100", "option_account_sid": "AC1",
         "option_auth_token": "hush", "option_auth_token_secondary": "", "option_base_url": ""},
    )  # fmt: skip
    assert answer.status_code == 302
    account = Account.objects.get(slug="sms")
    assert (account.adapter, account.channel) == ("twilio", "sms")
    assert account.options == {"account_sid": "AC1", "auth_token": "hush"}


def test_the_channel_of_an_account_is_what_its_settings_say(world: World, anna: Client) -> None:
    url = reverse("admin:channels_account_add") + "?adapter=twilio"
    given = {"slug": "wa", "sender": "+12025550100", "option_account_sid": "AC1",
             "option_auth_token": "hush", "option_channel": "whatsapp"}  # fmt: skip
    assert anna.post(url, given).status_code == 302
    account = Account.objects.get()
    assert account.channel == "whatsapp"
    for sender, channel in (("whatsapp:+12025550100", "whatsapp"), ("+12025550100", "sms")):
        changed = {**given, "option_channel": "", "sender": sender}
        assert anna.post(_change(account), changed).status_code == 302
        account.refresh_from_db()
        assert account.channel == channel


def test_an_sms_account_has_prices_and_says_which_are_none(world: World, anna: Client) -> None:
    url = reverse("admin:channels_account_add") + "?adapter=twilio"
    given = {"slug": "sms", "sender": "+12025550100", "option_account_sid": "AC1",
             "option_auth_token": "hush"}  # fmt: skip
    answer = anna.post(url, {**given, "prices": "EUR DE 6.5 ct"})
    assert "“DE 6.5 ct” is no price" in answer.content.decode()
    assert anna.post(url, {**given, "prices": " EUR DE 0.0651 "}).status_code == 302
    assert Account.objects.get().prices == "EUR DE 0.0651"
    mail = reverse("admin:channels_account_add") + "?adapter=sendgrid"
    assert "prices" not in anna.get(mail).content.decode()


def test_a_secret_is_kept_when_its_field_is_left_empty_and_never_shown(
    world: World, anna: Client
) -> None:
    account = _sendgrid(world)
    page = anna.get(_change(account)).content.decode()
    assert "SG.canary" not in page
    assert "Stored. Leave it empty to keep it." in page
    given = {"slug": "sendgrid", "sender": "shop@example.com", "option_api_key": "",
             "option_webhook_public_key": "MFk", "option_base_url": ""}  # fmt: skip
    assert anna.post(_change(account), given).status_code == 302
    account.refresh_from_db()
    assert account.options == {"api_key": "SG.canary", "webhook_public_key": "MFk"}
    anna.post(_change(account), {**given, "option_api_key": "SG.new"})
    account.refresh_from_db()
    assert account.options["api_key"] == "SG.new"
    history = reverse("admin:channels_account_history", args=[account.pk])
    for url in (_change(account), history):
        assert "SG." not in anna.get(url).content.decode()


def test_a_required_secret_must_be_given_once(world: World, anna: Client) -> None:
    url = reverse("admin:channels_account_add") + "?adapter=sendgrid"
    answer = anna.post(url, {"slug": "mail", "sender": "", "option_api_key": ""})
    assert answer.status_code == 200
    assert not Account.objects.exists()


@pytest.mark.parametrize("adapter", ["", "nothing", "sandbox"])
def test_an_unknown_provider_leads_back_to_the_choice(
    world: World, anna: Client, adapter: str
) -> None:
    page = anna.get(reverse("admin:channels_account_add"), {"adapter": adapter}).content.decode()
    assert "Which provider carries the messages?" in page


def test_an_account_is_paused_and_resumed_with_a_reason(world: World, anna: Client) -> None:
    account = _sendgrid(world)
    anna.post(
        reverse("admin:channels_account_pause", args=[account.pk]), {"reason": "moving house"}
    )
    account.refresh_from_db()
    assert (account.state, account.paused_reason) == ("paused", "moving house")
    assert "Paused: moving house." in anna.get(_change(account)).content.decode()
    anna.post(reverse("admin:channels_account_resume", args=[account.pk]))
    account.refresh_from_db()
    assert (account.state, account.paused_reason) == ("active", "")


def test_an_address_is_suppressed_in_its_one_spelling(world: World, anna: Client) -> None:
    url = reverse("admin:channels_suppression_add")
    anna.post(
        url, {"channel": "email", "address": " Gone@Example.COM ", "reason": "asked by phone"}
    )
    found = Suppression.objects.get()
    assert (found.address, found.reason, found.source) == (
        "gone@example.com",
        "asked by phone",
        "admin:anna",
    )
    refused = anna.post(url, {"channel": "sms", "address": "no number", "reason": "x"})
    assert refused.status_code == 200
    anna.post(reverse("admin:channels_suppression_delete", args=[found.pk]), {"post": "yes"})
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "silent for long: no marketing"), ("ru", "давно нет отклика: без рекламы")],
)
def test_silence_is_called_by_its_name(
    world: World, anna: Client, language: str, words: str
) -> None:
    made = Suppression.objects.create(
        channel="email", address="old@example.com", reason="sunset", source="sojourn", at=world.now
    )
    change = reverse("admin:channels_suppression_change", args=[made.pk])
    for url in (reverse("admin:channels_suppression_changelist") + "?reason=sunset", change):
        page = anna.get(url, headers={"accept-language": language}).content.decode()
        assert "old@example.com" in page
        assert page.count(words) >= 1


def test_a_key_is_shown_once_works_and_is_revoked(world: World, anna: Client) -> None:
    given = {"name": "Shop", "kind": "api", "scopes": ["read"]}
    answer = anna.post(reverse("admin:profiles_apikey_add"), given)
    key = answer.context["key"]
    assert key in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    row = ApiKey.objects.get()
    assert authenticate(key, now=world.now)
    page = anna.get(reverse("admin:profiles_apikey_change", args=[row.pk])).content.decode()
    assert key not in page
    anna.post(reverse("admin:profiles_apikey_revoke", args=[row.pk]))
    row.refresh_from_db()
    assert row.revoked_at


def test_a_management_key_needs_scopes(world: World, anna: Client) -> None:
    answer = anna.post(reverse("admin:profiles_apikey_add"), {"name": "Shop", "kind": "api"})
    assert "needs scopes" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_pace_is_entered_and_a_warm_up_begins_today(admin_client: Client) -> None:
    url = reverse("admin:channels_account_add") + "?adapter=smtp"
    given = {"slug": "mail", "sender": "Shop <a@b.example>", "option_url": "smtp://127.0.0.1:25"}
    answer = admin_client.post(url, {**given, "rate": "5", "warmup": "50, many"})
    assert b"Write whole numbers" in answer.content
    admin_client.post(url, {**given, "rate": "5", "warmup": "50, 100"})
    account = Account.objects.get(slug="mail")
    assert (account.rate, account.warmup) == (5, "50, 100")
    assert account.warmup_from is not None
