"""Tokens: signed for one purpose, in one spelling, naming a message and perhaps a destination."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.links import (
    PATHS,
    WITH_DIGEST,
    Asked,
    Purpose,
    Signer,
    Token,
    asked_of,
    destination,
    is_redirect,
    link_hash,
)

BASE = "https://mail.example.com"
SIGNER = Signer(secret=b"secret", base=BASE)
UID = bytes(range(16))
URL = "https://shop.example/cart?a=1&b=2"
purposes = st.sampled_from(list(PATHS))


def token(purpose: Purpose, signer: Signer = SIGNER) -> str:
    digest = bytes.fromhex(link_hash(URL)) if purpose in WITH_DIGEST else b""
    url = signer.url(purpose, UID, digest)
    return url.removeprefix(BASE + PATHS[purpose])


@pytest.mark.parametrize("purpose", PATHS)
def test_a_token_names_what_it_was_made_for(purpose: Purpose) -> None:
    link = link_hash(URL) if purpose in WITH_DIGEST else ""
    assert SIGNER.read(purpose, token(purpose)) == Token(UID, link)


def test_a_click_names_its_destination() -> None:
    made = SIGNER.click(UID, URL).removeprefix(BASE + PATHS["click"])
    assert SIGNER.read("click", made) == Token(UID, link_hash(URL))


@given(
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1),
    st.text(),
    st.sampled_from(["email", "sms"]),
)
def test_a_confirmation_names_its_customer_its_instant_and_its_question(
    customer: int, at: int, topic: str, channel: str
) -> None:
    asked = Asked.of(customer, at, channel, topic, " Ann@Example.com")
    made = SIGNER.confirm(asked).removeprefix(BASE + PATHS["confirm"])
    found = SIGNER.read("confirm", made)
    assert found is not None
    assert asked_of(found) == (customer, at)
    assert found.link == asked.digest
    assert Asked.of(1, 1, channel, topic + "!", asked.address).digest != asked.digest


def test_a_token_of_one_purpose_or_deployment_is_worth_nothing_to_another() -> None:
    for made in PATHS:
        for read in PATHS:
            if made != read:
                assert SIGNER.read(read, token(made)) is None
    assert SIGNER.read("open", token("open", Signer(secret=b"other", base=BASE))) is None


def test_the_mac_has_128_bits() -> None:
    mac = token("unsubscribe").partition(".")[2]
    assert len(base64.urlsafe_b64decode(mac + "==")) == 16


@given(purposes, st.integers(0, 63), st.integers(0, 127))
def test_no_other_spelling_is_taken(purpose: Purpose, place: int, letter: int) -> None:
    genuine = token(purpose)
    place %= len(genuine)
    changed = genuine[:place] + chr(letter) + genuine[place + 1 :]
    assert (SIGNER.read(purpose, changed) is None) == (changed != genuine)


@given(purposes, st.text(max_size=250))
def test_hostile_tokens_are_read_as_nothing(purpose: Purpose, text: str) -> None:
    assert SIGNER.read(purpose, text) is None


@pytest.mark.parametrize(
    ("href", "url"),
    [
        (" https://shop.example/a?b=1&amp;c=2 ", "https://shop.example/a?b=1&c=2"),
        ("HTTP://Shop.example", "HTTP://Shop.example"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("tel:+4915112345", "tel:+4915112345"),
        ("https://магазин.example/путь", "https://магазин.example/путь"),
        ("javascript:alert(1)", ""),
        ("JavaScript&colon;alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("vbscript:x", ""),
        ("//evil.example", ""),
        ("/relative", ""),
        ("https:evil", ""),
        ("https://", ""),
        ("http://[", ""),
        ("https://a.example/\r\nX: y", ""),
        ("https://a b.example", ""),
        ("", ""),
        ("https://a.example/" + "x" * 8192, ""),
    ],
)
def test_only_web_mail_and_phone_addresses_are_destinations(href: str, url: str) -> None:
    assert destination(href) == url


def test_only_web_addresses_are_redirected_to() -> None:
    assert is_redirect("https://a.example")
    assert is_redirect("HTTP://a.example")
    assert not is_redirect("mailto:a@b.example")
    assert not is_redirect("javascript://a.example/%0aalert(1)")


def test_our_own_pages_are_told_from_a_shop_on_the_same_host() -> None:
    assert SIGNER.is_own(SIGNER.url("unsubscribe", UID))
    assert not SIGNER.is_own(f"{BASE}/cart")
