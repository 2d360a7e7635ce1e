"""A mail composed here must read the same in the standard library's parser, and forge nothing."""

import email.policy
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.mail import (
    MAX_LINE,
    OWN_FIELDS,
    address_field,
    encoded,
    forged_field,
    mailbox,
    message_id,
    mime,
)
from channels.core.message import Outgoing

NOW = datetime(2026, 11, 5, 12, 30, tzinfo=UTC)
UID = "0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b"
ONE_CLICK = {
    "List-Unsubscribe": f"<https://shop.example/u/{'a' * 120}>, <mailto:off@shop.example>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def mail(**fields: object) -> Outgoing:
    given: dict[str, object] = {
        "uid": UID,
        "to": "ann@example.com",
        "at": NOW,
        "sender": "Shop <shop@example.com>",
        "subject": "Hello",
        "text": "Hi there",
    }
    return Outgoing(**{**given, **fields})  # type: ignore[arg-type]


def parsed(message: Outgoing) -> EmailMessage:
    raw = mime(message)
    assert raw.endswith(b"\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= MAX_LINE
    result = message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(result, EmailMessage)
    assert not result.defects
    return result


def content(result: EmailMessage, kind: str) -> str:
    part = result.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_text_and_html_are_alternatives_with_plain_text_first() -> None:
    result = parsed(mail(html="<p>Привет</p>\n", text="Привет\n", headers=ONE_CLICK))
    assert result.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in result.iter_parts()] == ["text/plain", "text/html"]
    assert content(result, "html") == "<p>Привет</p>\n"
    assert content(result, "plain") == "Привет\n"


def test_one_kind_of_text_alone_is_not_wrapped() -> None:
    assert parsed(mail()).get_content_type() == "text/plain"
    assert parsed(mail(text="", html="<p>x</p>")).get_content_type() == "text/html"
    assert parsed(mail(text="", html="")).get_content_type() == "text/plain"


def test_the_unsubscribe_address_stays_readable_for_machines() -> None:
    raw = mime(mail(headers=ONE_CLICK)).decode()
    unfolded = raw.replace("\r\n ", " ")
    for name, value in ONE_CLICK.items():
        assert f"\r\n{name}: {value}\r\n" in unfolded


def test_the_message_id_is_the_same_for_every_attempt() -> None:
    assert message_id(mail()) == f"<{UID}@example.com>"
    assert parsed(mail())["Message-ID"] == f"<{UID}@example.com>"
    assert message_id(mail(sender="")) == f"<{UID}@localhost>"


def test_the_date_is_the_moment_of_handing_over() -> None:
    assert parsed(mail())["Date"].datetime == NOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@example.com", ("", "ann@example.com")),
        (" Ann <ann@example.com> ", ("Ann", "ann@example.com")),
        ('"Ann, \\"A\\"" <ann@example.com>', ('Ann, "A"', "ann@example.com")),
        ("Магазин, «Лучший» <a@b.com>", ("Магазин, «Лучший»", "a@b.com")),
        ("x@почта.рф", ("", "x@xn--80a1acny.xn--p1ai")),
        ("<a@b.com>", ("", "a@b.com")),
        ("a@b@c.com", ("", "")),
        ("иван@example.com", ("", "")),
        ("a@b.com, c@d.com", ("", "")),
        ("nobody", ("", "")),
        ("", ("", "")),
        ("a b@c.com", ("", "")),
        ("x@" + "ü" * 70 + ".com", ("", "x@invalid")),
    ],
)
def test_mailboxes_are_taken_apart_as_people_write_them(
    text: str, expected: tuple[str, str]
) -> None:
    assert mailbox(text) == expected


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("Shop <a@b.com>", "Shop <a@b.com>"),
        ("a@b.com", "a@b.com"),
        ("Shop, Inc. <a@b.com>", '"Shop, Inc." <a@b.com>'),
        ('A "B" \\ C <a@b.com>', '"A \\"B\\" \\\\ C" <a@b.com>'),
    ],
)
def test_display_names_are_quoted_where_they_must_be(sender: str, shown: str) -> None:
    assert address_field(sender) == shown
    assert parsed(mail(sender=sender))["From"].addresses[0].addr_spec == "a@b.com"


def test_a_name_in_another_script_arrives_as_it_was() -> None:
    assert parsed(mail(sender="Магазин <a@b.com>"))["From"].addresses[0].display_name == "Магазин"


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200))
def test_any_subject_arrives_as_it_was(subject: str) -> None:
    assert str(parsed(mail(subject=subject))["Subject"]) == subject


def test_subjects_that_only_look_encoded_or_are_one_endless_word_arrive_too() -> None:
    for subject in ("=?utf-8?b?aGk=?=", "x" * 2000, "a " * 60 + "end", "plain"):
        assert str(parsed(mail(subject=subject))["Subject"]) == subject
    assert encoded("plain") == "plain"


@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=500
    )
)
def test_any_text_arrives_as_it_was(text: str) -> None:
    arrived = content(parsed(mail(text=text, html="<p>x</p>")), "plain")
    assert arrived.rstrip("\n") == text.rstrip("\n")


def test_line_ends_of_every_kind_become_one_kind() -> None:
    assert content(parsed(mail(text="a\rb\r\nc\nd")), "plain").split("\n")[:4] == list("abcd")


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: y@z", "x\nBcc: y", "x\ry", "x\x00y", "x\x0by", "x\x85"]
)
@pytest.mark.parametrize(
    ("field", "name"), [("subject", "Subject"), ("to", "To"), ("sender", "From")]
)
def test_no_value_can_start_a_header_of_its_own(field: str, name: str, evil: str) -> None:
    assert forged_field(mail(**{field: evil})) == name


@pytest.mark.parametrize("name", ["X-A\r\nBcc", "X A", "X:A", "", "Ü", *sorted(OWN_FIELDS), "BCC"])
def test_a_template_sets_only_headers_that_are_its_own(name: str) -> None:
    assert forged_field(mail(headers={name: "x"})) == name


def test_a_header_value_cannot_break_out_of_its_line() -> None:
    assert forged_field(mail(headers={"X-Note": "a\r\nBcc: b@c"})) == "X-Note"
    assert forged_field(mail(headers={**ONE_CLICK, "X-Note": "tab\tis fine"})) is None
