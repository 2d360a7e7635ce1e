"""The whole big list of naughty strings through everything that writes a message, no network."""

import json
from collections.abc import Callable
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from urllib.parse import urlsplit

import msgspec
import pytest

from channels.core import address, links, mail, sms, telegram, template, webhook, webpush
from channels.core.message import Outgoing
from tests.channels.providers import NOW
from tests.naughty import ALL

BREAKS = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))} - {"\t"}
SIGNER = links.Signer(secret=b"k", base="https://shop.example")


def message(**fields: object) -> Outgoing:
    given = {"uid": "0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b", "to": "ann@example.com", "at": NOW}
    return Outgoing(**{**given, **fields})  # type: ignore[arg-type]


def a_display_name_stays_a_display_name(name: str) -> None:
    sent = message(sender=f"{name} <shop@example.com>", subject=name, text="x")
    if BREAKS & set(name):
        assert mail.forged_field(sent) == "From"
        return
    assert mail.forged_field(sent) is None
    read = message_from_bytes(mail.mime(sent), policy=policy.default, _class=EmailMessage)
    assert len(read.keys()) == 8
    assert read["Subject"].split() == name.split()
    shown, found = mail.mailbox(sent.sender)
    if not found:  # the name itself says another address: the account is broken, nothing leaves
        assert set(name) & set("<>")
        return
    (only,) = read["From"].addresses
    assert only.addr_spec == found == "shop@example.com"
    raw = message_from_bytes(mail.mime(sent), policy=policy.compat32)["From"]
    named = str(make_header(decode_header(raw.rpartition(" <")[0])))
    assert mail.mailbox(f"{named} <a@b.example>")[0].split() == shown.split()


def an_address_leads_to_the_web_or_nowhere(name: str) -> None:
    for href in (name, f" {name}", f"https://shop.example/{name}", f"javascript:{name}"):
        addresses = SIGNER.click(b"u" * 16, href)
        assert urlsplit(addresses).netloc == "shop.example"
        url = links.destination(href)
        assert not url or urlsplit(url).scheme in links.SCHEMES
        assert not url or url.isprintable() or not url.isascii()
        assert not links.is_redirect(url) or urlsplit(url).netloc


def a_part_of_an_address_stays_a_part_of_it(name: str) -> None:
    source = "https://shop.example/a/{{ name }}?q={{ name }}&z=1"
    made = template.compiled(source, "address").render(template.scope({"name": name[:200]}))
    parts = urlsplit(made)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "shop.example", "")
    assert parts.path.count("/") == 2
    assert parts.query.endswith("&z=1")
    assert parts.query.count("&") == 1
    assert made.isascii()


def payloads_are_json_and_carry_it_whole(name: str) -> None:
    sent = message(title=name, body=name, text=name, data={name: [name]})
    for body in (webpush.payload(sent), webhook.body(sent)):
        read = json.loads(body)
        assert (read.get("title", ""), read.get("body", "")) == (name, name)
        assert read["data"] == {name: [name]}
    if name.strip():
        _, said = telegram.compose(message(to="4242", text=name))
        assert json.loads(msgspec.json.encode(said)) == {"chat_id": "4242", "text": name}


def whatever_reads_it_says_something_and_never_fails(name: str) -> None:
    assert sms.segments(name).count >= (1 if name else 0)
    assert sms.intent(name) in {None, "", "stop", "start", "help"}
    for channel in ("email", "sms", "push"):
        assert isinstance(address.is_valid(channel, address.canonical(channel, name)), bool)
    assert mail.mailbox(name)[1] == "" or "@" in name
    assert SIGNER.read("click", name) is None
    assert telegram.is_token(name) <= name.isascii()


@pytest.mark.parametrize(
    "rule",
    [
        a_display_name_stays_a_display_name, an_address_leads_to_the_web_or_nowhere,
        a_part_of_an_address_stays_a_part_of_it, payloads_are_json_and_carry_it_whole,
        whatever_reads_it_says_something_and_never_fails,
    ],
)  # fmt: skip
def test_the_whole_list(rule: Callable[[str], None]) -> None:
    assert len(ALL) > 500
    for name in ALL:
        rule(name)
