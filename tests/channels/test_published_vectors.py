"""Our verifiers on what the providers' own libraries test theirs with, over raw bytes.

`vectors/*.json` are the facts of those tests, each file naming its source. Where the official SDK
is installed it answers too: whatever it lets in, we let in. (Twilio's raises on some of them.)
"""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook
from standardwebhooks import Webhook, WebhookVerificationError
from twilio.request_validator import RequestValidator

from channels.core import webhook_signature as ours
from channels.core.webhook_signature import Verdict

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def _published(provider: str) -> dict[str, Any]:
    path = Path(__file__).with_name("vectors") / f"{provider}.json"
    return dict(json.loads(path.read_text(encoding="utf8")))


SENDGRID, TWILIO = _published("sendgrid"), _published("twilio")
STANDARD = _published("standard_webhooks")


def named(rows: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("given", rows, ids=[row["name"] for row in rows])


def sendgrid(given: dict[str, Any], *, now: float) -> Verdict:
    return ours.sendgrid(
        given["public_key"], signature=given["signature"], timestamp=given["timestamp"],
        body=given["body"].encode(), now=now,
    )  # fmt: skip


@named(SENDGRID["vectors"])
def test_an_event_webhook_is_judged_as_sendgrid_judges_it(given: dict[str, Any]) -> None:
    taken = int(given["timestamp"]) if given["timestamp"].isdigit() else 0
    assert sendgrid(given, now=taken) == given["verdict"]
    sdk = EventWebhook(given["public_key"])
    said = sdk.verify_signature(given["body"], given["signature"], given["timestamp"])
    assert said is (given["verdict"] == "genuine")


@named([row for row in SENDGRID["vectors"] if row["verdict"] == "genuine"])
def test_the_same_event_webhook_is_stale_by_now(given: dict[str, Any]) -> None:
    assert sendgrid(given, now=time.time()) == "stale"


def twilio(given: dict[str, Any], token: str) -> Verdict:
    body = given["json"] if "json" in given else urlencode([*map(tuple, given["form"])])
    kind = "application/json" if "json" in given else FORM
    return ours.twilio(
        [token], url=given["url"], content_type=kind, body=body.encode(),
        signature=given["signature"],
    )  # fmt: skip


@named(TWILIO["vectors"])
def test_a_request_is_judged_as_twilio_judges_it(given: dict[str, Any]) -> None:
    token = TWILIO["token"]
    assert twilio(given, token) == ("genuine" if given["genuine"] else "forged")
    assert twilio(given, f"{token}6") == "forged"


BY_ITS_SDK = [row for row in TWILIO["vectors"] if "json" in row or len(row["form"]) == 5]


@named([row for row in BY_ITS_SDK if row["name"] != "twilio-java: JSON nobody vouched for"])
def test_whatever_twilios_sdk_lets_in_is_let_in(given: dict[str, Any]) -> None:
    said = given["json"] if "json" in given else dict(given["form"])
    sdk = RequestValidator(TWILIO["token"]).validate(given["url"], said, given["signature"])
    assert given["genuine"] or not sdk
    if given["name"].startswith("twilio-python"):
        assert sdk


@named([row for row in TWILIO["vectors"] if row["genuine"]])
def test_one_changed_byte_makes_twilios_request_forged(given: dict[str, Any]) -> None:
    changed = {**given}
    if "json" in given:
        changed["json"] = given["json"].replace("true", "True")
    else:
        changed["form"] = [[name, f"{value} "] for name, value in given["form"]]
    assert twilio(changed, TWILIO["token"]) == "forged"
    elsewhere = {**given, "url": given["url"].replace("myapp", "mybpp")}
    assert twilio(elsewhere, TWILIO["token"]) == "forged"


@named(TWILIO["spellings"])
def test_an_address_may_be_spelled_as_twilio_spells_it(given: dict[str, Any]) -> None:
    signature = RequestValidator("s3cr3t").compute_signature(given["signed"], {})
    called = {"url": given["called"], "form": [], "signature": signature}
    assert twilio(called, "s3cr3t") == ("genuine" if given["genuine"] else "forged")


def test_the_published_signature_is_what_we_and_the_sdk_sign() -> None:
    made = ours.sign_standard_webhook(
        STANDARD["secret"], message_id=STANDARD["id"], timestamp=STANDARD["timestamp"],
        body=STANDARD["payload"].encode(),
    )  # fmt: skip
    assert f"v1,{made}" == STANDARD["signature"]


def standard(sent: dict[str, str], *, now: float) -> Verdict:
    return ours.standard_webhook(
        [sent["secret"]], message_id=sent["id"], timestamp=sent["timestamp"],
        signatures=sent["signature"], body=STANDARD["payload"].encode(), now=now,
    )  # fmt: skip


def _sent(given: dict[str, Any], *, at: str, signature: str) -> dict[str, str]:
    """What the case makes of a webhook that was signed at that time."""
    sent = {"secret": STANDARD["secret"], "id": STANDARD["id"], "timestamp": at}
    sent |= {"signature": signature}
    sent |= {name: value for name, value in given.items() if name in sent}
    sent["signature"] = sent["signature"].replace("{signature}", signature)
    return {**sent, "signature": sent["signature"][: given.get("cut")]}


@named(STANDARD["cases"])
def test_a_webhook_is_judged_as_the_standard_judges_it(given: dict[str, Any]) -> None:
    sent = _sent(given, at=STANDARD["timestamp"], signature=STANDARD["signature"])
    verdict = standard(sent, now=int(STANDARD["timestamp"]) + given.get("late", 0))
    assert (verdict == "genuine") is given["genuine"]


@named(STANDARD["cases"])
def test_the_standards_own_library_says_the_same_today(given: dict[str, Any]) -> None:
    now = int(time.time())
    at = str(now - given.get("late", 0) + (5 if given.get("late", 0) < 0 else 0))
    made = ours.sign_standard_webhook(
        STANDARD["secret"], message_id=STANDARD["id"], timestamp=at,
        body=STANDARD["payload"].encode(),
    )  # fmt: skip
    sent = _sent(given, at=at, signature=f"v1,{made}")
    headers = {f"webhook-{name}": sent[name] for name in ("id", "timestamp", "signature")}
    try:
        said = Webhook(sent["secret"]).verify(STANDARD["payload"], headers) is not None
    except (WebhookVerificationError, ValueError):
        said = False
    assert said is given["genuine"] is (standard(sent, now=now) == "genuine")


def test_a_secret_may_come_without_its_padding() -> None:
    secrets = ["whsec_c2VjcmV0LXNlY3JldA==", "whsec_c2VjcmV0LXNlY3JldA", "c2VjcmV0LXNlY3JldA="]
    made = {
        ours.sign_standard_webhook(secret, message_id="m", timestamp="1", body=b"{}")
        for secret in secrets
    }
    assert made == {
        ours.sign_standard_webhook(secrets[0], message_id="m", timestamp="1", body=b"{}")
    }
    assert None not in made
