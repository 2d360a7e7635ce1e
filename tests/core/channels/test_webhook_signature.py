"""Our verifiers against the providers' own SDKs, and against thousands of hostile requests."""

import base64
import hashlib
import random
import time
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from channels.core import webhook_signature as signature
from channels.core.webhook_signature import Verdict

NOW = 1_795_000_000
KEY = ec.generate_private_key(ec.SECP256R1())
BODY = b'[{"email":"a@b.com","event":"open"},\r\n{"email":"c@d.com","event":"click"}]\r\n'
TOKEN = "12345"
URL = "https://shop.example/callbacks/twilio/main/status?m=1&x=%20y"
FIELDS = {"MessageSid": "SM1", "MessageStatus": "delivered", "Body": "", "To": "+1555 é😀"}
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


def ecdsa(body: bytes, timestamp: str = str(NOW), key: ec.EllipticCurvePrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def sendgrid(
    body: bytes = BODY, *, given: str | None = None, timestamp: str = str(NOW), key: str = ""
) -> Verdict:
    return signature.sendgrid(
        key or public(KEY),
        signature=ecdsa(body, timestamp) if given is None else given,
        timestamp=timestamp,
        body=body,
        now=NOW,
    )


def test_a_signed_event_webhook_is_genuine_to_us_and_to_the_official_sdk() -> None:
    signed = ecdsa(BODY)
    assert EventWebhook(public(KEY)).verify_signature(BODY.decode(), signed, str(NOW))
    assert sendgrid(given=signed) == "genuine"


def test_a_verification_key_may_be_pasted_with_its_frame() -> None:
    pem = f"-----BEGIN PUBLIC KEY-----\n{public(KEY)}\n-----END PUBLIC KEY-----\n"
    assert sendgrid(key=pem) == "genuine"


@pytest.mark.parametrize(
    "body",
    [BODY.rstrip(), BODY.replace(b"\r\n", b"\n"), BODY + b" ", BODY.replace(b"open", b"Open"), b""],
)
def test_one_changed_byte_of_an_event_webhook_makes_it_forged(body: bytes) -> None:
    assert sendgrid(body, given=ecdsa(BODY)) == "forged"


@pytest.mark.parametrize("given", ["x", "!!!", "é", "AAAA", "of another body", "A" * 10000, " "])
def test_another_signature_is_forged(given: str) -> None:
    assert sendgrid(given=ecdsa(b"other") if given == "of another body" else given) == "forged"


def test_a_missing_signature_or_timestamp_is_unsigned() -> None:
    assert sendgrid(given="") == "unsigned"
    assert sendgrid(timestamp="", given=ecdsa(BODY, "")) == "unsigned"


@pytest.mark.parametrize("timestamp", [NOW - 26 * 3600, NOW + 301, NOW - 10**8])
def test_an_old_or_future_event_webhook_is_stale(timestamp: int) -> None:
    assert sendgrid(timestamp=str(timestamp)) == "stale"


@pytest.mark.parametrize("timestamp", ["soon", "1e9", "-1", "９", "1" * 13])
def test_a_signed_time_that_is_no_time_is_refused(timestamp: str) -> None:
    assert sendgrid(timestamp=timestamp, given=ecdsa(BODY, timestamp)) in {"stale", "forged"}


def test_a_retry_within_the_day_is_still_genuine() -> None:
    assert sendgrid(timestamp=str(NOW - 24 * 3600)) == "genuine"


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "not base64 é",
        base64.b64encode(b"no key").decode(),
        public(ec.generate_private_key(ec.SECP384R1())),
        public(rsa.generate_private_key(65537, 2048)),
        public(ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["short", "foreign", "no key", "P-384", "RSA", "another P-256"],
)
def test_a_key_that_is_not_the_accounts_verifies_nothing(key: str) -> None:
    assert sendgrid(key=key) == "forged"


def twilio(
    url: str = URL,
    *,
    body: bytes = urlencode(FIELDS).encode(),
    content_type: str = FORM,
    given: str | None = None,
    tokens: tuple[str, ...] = (TOKEN,),
) -> Verdict:
    made = RequestValidator(TOKEN).compute_signature(URL, FIELDS) if given is None else given
    return signature.twilio(tokens, url=url, content_type=content_type, body=body, signature=made)


def test_a_form_signed_by_the_official_sdk_is_genuine_with_blank_and_foreign_values() -> None:
    assert RequestValidator(TOKEN).validate(
        URL, FIELDS, RequestValidator(TOKEN).compute_signature(URL, FIELDS)
    )
    assert twilio() == "genuine"
    assert twilio(content_type="") == "genuine"


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://shop.example/x?m=1", "https://shop.example:443/x?m=1"),
        ("https://shop.example:443/x?m=1", "https://shop.example/x?m=1"),
        ("http://shop.example:80/x", "http://shop.example/x"),
        ("https://shop.example/x", "https://shop.example:8443/x"),
        ("https://user:pass@shop.example/x", "https://user:pass@shop.example:8443/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]:8443/x"),
        ("https://[2001:db8::1]:443/x", "https://[2001:db8::1]/x"),
        ("https://shop.example?m=1", "https://shop.example:443?m=1"),
        ("https://shop.example/x?m=it's", "https://shop.example/x?m=it%27s"),
        ("https://shop.example/x?m=it%27s", "https://shop.example/x?m=it's"),
    ],
)
def test_the_url_is_tried_as_twilio_may_have_spelled_it(signed: str, called: str) -> None:
    made = RequestValidator(TOKEN).compute_signature(signed, FIELDS)
    assert twilio(called, given=made) == "genuine"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/callbacks/twilio/main/status?m=1&x=%20y",
        URL.replace("m=1", "m=2"),
        URL.replace("https", "http"),
        URL + "&z=1",
        "",
        "no url",
        "https://shop.example:99999/x",
        "https://[::1/x",
    ],
)
def test_another_url_is_forged(url: str) -> None:
    assert twilio(url) == "forged"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        urlencode({**FIELDS, "MessageStatus": "failed"}).encode(),
        urlencode({**FIELDS, "Extra": "1"}).encode(),
        urlencode(FIELDS).encode() + b"&%ff=%ff",
        b"\xff\xfe",
        b"&".join([b"a=b"] * 2000),
    ],
)
def test_another_form_is_forged(body: bytes) -> None:
    assert twilio(body=body) == "forged"


def test_a_repeated_pair_counts_once_and_repeated_names_are_sorted_by_value() -> None:
    body = b"a=2&a=1&a=2&A=3"
    text = "https://shop.example/xA3a1a2"
    made = RequestValidator(TOKEN).compute_signature(text, {})
    assert twilio("https://shop.example/x", body=body, given=made) == "genuine"


def test_either_token_verifies_and_an_empty_one_never_does() -> None:
    assert twilio(tokens=("old", TOKEN)) == "genuine"
    assert twilio(tokens=("old",)) == "forged"
    empty = RequestValidator("").compute_signature(URL, FIELDS)
    assert twilio(tokens=("",), given=empty) == "forged"
    assert twilio(tokens=(), given=empty) == "forged"


def test_a_json_body_is_covered_by_its_hash_in_the_signed_url() -> None:
    body = b'{"a": 1}'
    url = f"https://shop.example/x?bodySHA256={hashlib.sha256(body).hexdigest()}"
    made = RequestValidator(TOKEN).compute_signature(url, {})
    assert RequestValidator(TOKEN).validate(url, body.decode(), made)
    assert twilio(url, body=body, content_type="application/json", given=made) == "genuine"
    assert twilio(url, body=b"{}", content_type="application/json", given=made) == "forged"


@pytest.mark.parametrize(
    "query", ["", "bodySHA256=", "bodySHA256=é", "bodySHA256=1&bodySHA256=2", "&" * 2000 + "a=b"]
)
def test_a_json_body_without_its_hash_is_forged(query: str) -> None:
    url = f"https://shop.example/x?{query}"
    made = RequestValidator(TOKEN).compute_signature(url, {})
    assert twilio(url, body=b"{}", content_type="application/json", given=made) == "forged"


@pytest.mark.parametrize("given", ["x", "é", "=", "A" * 28, "A" * 100000])
def test_another_twilio_signature_is_forged(given: str) -> None:
    assert twilio(given=given) == "forged"


def test_no_twilio_signature_is_unsigned() -> None:
    assert twilio(given="") == "unsigned"


def standard(
    *,
    signatures: str | None = None,
    body: bytes = BODY,
    timestamp: str = str(NOW),
    message_id: str = "msg_1",
    secrets: tuple[str, ...] = (SECRET,),
) -> Verdict:
    made = signature.sign_standard_webhook(
        SECRET, message_id="msg_1", timestamp=timestamp, body=BODY
    )
    return signature.standard_webhook(
        secrets,
        message_id=message_id,
        timestamp=timestamp,
        signatures=f"v1,{made}" if signatures is None else signatures,
        body=body,
        now=NOW,
    )


def test_the_published_vector_of_standard_webhooks_is_met() -> None:
    made = signature.sign_standard_webhook(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        body=b'{"test": 2432232314}',
    )
    assert made == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_of_several_signatures_and_secrets_will_do() -> None:
    made = signature.sign_standard_webhook(
        SECRET, message_id="msg_1", timestamp=str(NOW), body=BODY
    )
    other = "whsec_" + base64.b64encode(b"z" * 32).decode()
    assert standard(signatures=f"v1a,xyz v1,AAAA v1,{made}") == "genuine"
    assert standard(secrets=(other, SECRET)) == "genuine"
    assert standard(secrets=(other,)) == "forged"


@pytest.mark.parametrize("signatures", ["v1", "v1,", "v2,x", ",", " ", "v1,é", "v1,a v1,b " * 50])
def test_another_webhook_signature_is_forged(signatures: str) -> None:
    assert standard(signatures=signatures) == "forged"


def test_a_changed_webhook_is_forged_and_an_incomplete_one_unsigned() -> None:
    assert standard(body=b"{}") == "forged"
    assert standard(message_id="msg_2") == "forged"
    assert standard(message_id="") == "unsigned"
    assert standard(signatures="") == "unsigned"
    assert standard(secrets=("whsec_",)) == "forged"
    assert standard(secrets=("no base64 é",)) == "forged"


@pytest.mark.parametrize("timestamp", [str(NOW - 301), str(NOW + 301), "1.5", " 1"])
def test_a_webhook_outside_its_five_minutes_is_stale(timestamp: str) -> None:
    assert standard(timestamp=timestamp) == "stale"


def test_ten_thousand_hostile_requests_get_a_verdict_and_never_an_error() -> None:
    rng = random.Random(7)
    alphabet = [*map(chr, range(256)), "😀", "\ud800", "%", "=", "&", ",", "v1,", "http://", ":443"]

    def junk(limit: int = 60) -> str:
        return "".join(rng.choices(alphabet, k=rng.randrange(limit)))

    def noise() -> bytes:
        return (
            rng.randbytes(rng.randrange(80))
            if rng.random() < 0.5
            else junk().encode("utf-8", "replace")
        )

    started = time.thread_time()
    for _ in range(3400):
        url = URL if rng.random() < 0.3 else junk()
        kind = rng.choice([FORM, "application/json", junk()])
        verdicts = [
            sendgrid(
                noise(),
                given=junk(),
                timestamp=rng.choice([str(NOW), junk()]),
                key=rng.choice([junk(), ""]),
            ),
            twilio(url, body=noise(), content_type=kind, given=junk(), tokens=(junk(),)),
            standard(
                signatures=junk(),
                body=noise(),
                timestamp=rng.choice([str(NOW), junk()]) or "x",
                message_id=junk(),
                secrets=(junk(), SECRET),
            ),
        ]
        assert "genuine" not in verdicts
    assert time.thread_time() - started < 60


def test_a_secret_token_is_the_very_same_text() -> None:
    given = ["tok-1", "tok-2", "tok", "tok-1 ", "", "é", "\ud800"]
    verdicts = [signature.secret_token("tok-1", given=text) for text in given]
    assert verdicts == ["genuine", *["forged"] * 3, "unsigned", "forged", "forged"]
