"""A content becomes a message: links counted, pixel, unsubscribing, per channel; nothing forged."""

import re
from typing import Any

import pytest

from channels.core.content import content_problems
from channels.core.links import Signer, link_hash
from channels.core.render import (
    Addresses,
    Rendered,
    TemplateProblem,
    compile_content,
    prepare,
    problems,
)

BASE = "https://mail.example.com"
SIGNER = Signer(secret=b"secret", base=BASE)
UID = bytes(range(16))
MJML = "<mjml><mj-body><mj-text>{{ x|pprint }}</mj-text></mj-body></mjml>"
VARIABLES = {
    "customer": {"firstName": "Ann", "site": "https://ann.example"},
    "entry": {},
    "context": {},
    "journey": "j",
}


def render(
    content: dict[str, Any], channel: str = "email", purpose: str = "marketing", **variables: Any
) -> Rendered:
    addresses = Addresses(SIGNER, UID, unsubscribe_text="Unsubscribe")
    prepared = prepare(content, channel=channel, purpose=purpose)
    return prepared.render({**VARIABLES, **variables}, addresses)


def mail(html: str = "<p>x</p>", **fields: Any) -> dict[str, Any]:
    return {"subject": "Hi", "html": html, "text": "x", **fields}


def hrefs(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


def test_links_are_counted_and_remembered_once() -> None:
    url = "https://shop.example/cart?a=1&b=2"
    html = (
        '<a href="https://shop.example/cart?a=1&amp;b=2">A</a><a class=b href=\'' + url + "'>B</a>"
    )
    found = render(mail(html), purpose="transactional")
    assert hrefs(found.html) == [SIGNER.click(UID, url)] * 2
    assert found.links == {link_hash(url): url}


@pytest.mark.parametrize(
    ("anchor", "href"),
    [
        ('<a data-no-track href="https://a.example/">', "https://a.example/"),
        ('<a href="mailto:a@b.example">', "mailto:a@b.example"),
        ('<a href="tel:+49151">', "tel:+49151"),
        ('<a href="#top">', "#top"),
        ('<a href="">', ""),
        ('<a href="javascript:alert(1)">', "#"),
        ('<a href="/relative">', "#"),
        ('<a href="{{ links.view }}">', SIGNER.url("view", UID)),
        ('<a href="{{ links.preferences }}">', SIGNER.url("preferences", UID)),
        ('<a href="{{ entry.evil }}">', "#"),
        ('<a href="{{ entry.nothing }}">', "#"),
    ],
)
def test_some_links_are_not_counted(anchor: str, href: str) -> None:
    found = render(
        mail(f"{anchor}x</a>"), "email", "transactional", entry={"evil": "javascript:alert(1)"}
    )
    assert hrefs(found.html) == [href]
    assert not found.links


@pytest.mark.parametrize(
    ("anchor", "url"),
    [
        ('<a href="{{ customer.site }}">', "https://ann.example"),
        ('<a title="a > b" href="https://a.example/?q={{ entry.q }}">', 'https://a.example/?q="<&'),
        ('<A HREF={{ customer.site }}/x>', "https://ann.example/x"),
        ('<a {% if customer.firstName %}href="https://a.example/{{ entry.n }}"{% endif %}>', "https://a.example/7"),
        ('<a href="{% if entry.n %}https://yes.example{% else %}https://no.example{% endif %}">', "https://yes.example"),
    ],
)  # fmt: skip
def test_links_made_by_the_template_are_counted_too(anchor: str, url: str) -> None:
    found = render(mail(f"{anchor}x</a>"), purpose="transactional", entry={"q": '"<&', "n": 7})
    assert list(found.links.values()) == [url]
    assert SIGNER.click(UID, url) in found.html


def test_a_content_may_do_without_counting() -> None:
    found = render(mail('<a href="https://a.example/">x</a>', track=False), purpose="transactional")
    assert found.html == "<p>x</p>".replace("<p>x</p>", '<a href="https://a.example/">x</a>')
    assert not found.links


def test_every_mail_ends_with_a_pixel_inside_its_body() -> None:
    found = render(mail("<html><body><p>x</p></body></html>"), purpose="transactional")
    assert found.html.endswith("</body></html>")
    assert f'<img src="{SIGNER.url("open", UID)}"' in found.html


def test_marketing_mail_can_always_be_unsubscribed_from() -> None:
    found = render(mail())
    url = SIGNER.url("unsubscribe", UID)
    assert found.headers == {
        "List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }  # fmt: skip
    assert hrefs(found.html) == [url]
    assert found.text == f"x\n\n-- \nUnsubscribe: {url}\n"


@pytest.mark.parametrize(
    "written",
    ["{{ links.unsubscribe }}", '{{ links["unsubscribe"] }}', "{{ links . unsubscribe }}"],
)
def test_the_authors_own_unsubscribe_link_is_enough(written: str) -> None:
    found = render(mail(f"<a href='{written}'>Leave</a>", text=f"Leave: {written}"))
    assert hrefs(found.html) == [SIGNER.url("unsubscribe", UID)]
    assert found.text == f"Leave: {SIGNER.url('unsubscribe', UID)}"


def test_a_transactional_mail_says_nothing_of_unsubscribing() -> None:
    found = render(mail(), purpose="transactional")
    assert found.headers == {}
    assert "/u/" not in found.html + found.text


def test_headers_of_the_content_are_rendered_and_cannot_replace_ours() -> None:
    found = render(
        mail(headers={"Reply-To": "{{ entry.who }}@example.com", "List-Unsubscribe": "no"}),
        entry={"who": "ann"},
    )
    assert found.headers["Reply-To"] == "ann@example.com"
    assert found.headers["List-Unsubscribe"].startswith(f"<{BASE}/u/")
    with pytest.raises(TemplateProblem, match=r"headers\.Reply-To, line 1: a line break"):
        render(mail(headers={"Reply-To": "{{ entry.who }}"}), entry={"who": "a\nBcc: b"})


def test_an_sms_is_its_text_alone() -> None:
    found = render({"text": "Hello {{ customer.firstName }} <3"}, "sms")
    assert found == Rendered(text="Hello Ann <3")


def test_a_push_shows_its_text_and_leads_to_a_counted_address() -> None:
    content = {
        "title": "Hi {{ customer.firstName }}", "text": "Still thinking?",
        "url": "https://a.example/{{ entry.n }}", "image": "https://a.example/i.png",
        "data": {"id": "{{ entry.n }}", "list": ["{{ entry.n }}", 1]},
    }  # fmt: skip
    found = render(content, "push", entry={"n": 7})
    assert (found.title, found.body) == ("Hi Ann", "Still thinking?")
    assert found.url == SIGNER.click(UID, "https://a.example/7")
    assert found.image == "https://a.example/i.png"
    assert found.data == {"id": "7", "list": ["7", 1]}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "nothing"])
def test_a_push_never_leads_anywhere_else(url: str) -> None:
    found = render(
        {"title": "x", "url": "{{ entry.url }}", "image": "{{ entry.url }}"},
        "push",
        entry={"url": url},
    )
    assert (found.url, found.image) == ("", "")


def test_an_uncounted_push_leads_there_directly() -> None:
    found = render({"title": "x", "url": "https://a.example/", "track": False}, "push")
    assert found.url == "https://a.example/"


def test_a_chats_buttons_lead_to_counted_addresses() -> None:
    buttons = [
        {"text": "{{ customer.firstName }}", "url": "https://a.example/{{ entry.n }}"},
        {"text": "Yes", "action": "{{ entry.n }}"},
    ]
    content = {"title": "Hi", "text": "5 > 3", "image": "https://a.example/i.png"}
    found = render({**content, "data": {"buttons": buttons}}, "telegram", entry={"n": 7})
    assert (found.title, found.text, found.image) == ("Hi", "5 > 3", "https://a.example/i.png")
    url = "https://a.example/7"
    assert found.data["buttons"] == [
        {"text": "Ann", "url": SIGNER.click(UID, url)},
        {"text": "Yes", "action": "7"},
    ]
    assert found.links == {link_hash(url): url}
    plain = render({**content, "data": {"buttons": buttons}, "track": False}, "telegram")
    assert plain.data["buttons"][0]["url"] == "https://a.example/"


def test_a_webhook_gets_every_text_and_all_data() -> None:
    content = {
        "title": "Hi", "body": "b", "text": "t", "url": "https://a.example/", "image": "nothing",
        "data": {"name": "{{ customer.firstName }}"},
    }  # fmt: skip
    found = render(content, "webhook")
    assert (found.title, found.body, found.text, found.image) == ("Hi", "b", "t", "")
    assert found.url == SIGNER.click(UID, "https://a.example/")
    assert found.data == {"name": "Ann"}


def test_a_problem_names_its_field_and_line() -> None:
    with pytest.raises(TemplateProblem, match="html, line 2: "):
        prepare(mail("\n{{ x|pprint }}"), channel="email", purpose="marketing")
    with pytest.raises(TemplateProblem, match="text, line 1: division by zero"):
        render(mail(text="{{ 1 / 0 }}"))
    with pytest.raises(TemplateProblem, match="data, line 1"):
        render({"title": "x", "data": {"a": "{{ 1 / 0 }}"}}, "push")
    with pytest.raises(TemplateProblem, match=r"html, .*reserved"):
        prepare(mail('<a href="jx00001xj">x</a>'), channel="email", purpose="marketing")


@pytest.mark.parametrize(
    ("content", "channels", "expected"),
    [
        (mail(), ("email",), []),
        ({"text": "x"}, ("sms", "push"), []),
        ({}, ("email",), ["subject", "html"]),
        ({}, ("push", "sms"), ["title", "text"]),
        (mail("{% if %}"), ("email",), ["html"]),
        ({"subject": "x", "mjml": MJML}, ("email",), ["mjml"]),
        ({"subject": "x", "mjml": "<mjml"}, ("email",), ["mjml"]),
        (mail(subject="{{ 2**2 }}", text="{{ 2**2 }}"), ("email", "telegram"), ["subject", "text"]),
        ({"text": "x" * 5000}, ("sms",), ["text"]),
        ({}, ("telegram", "webhook"), ["text", "data"]),
        ({"data": {"n": 1}}, ("webhook",), []),
        ({"text": "x", "data": {"buttons": [{"text": "x"}]}}, ("telegram",), ["data"]),
        ({"text": "x", "data": {"buttons": {}}}, ("telegram", "push"), []),
        ({"text": "x", "data": {"buttons": 5}}, ("telegram",), ["data"]),
    ],
)  # fmt: skip
def test_problems_of_a_content_name_the_field(
    content: dict[str, Any], channels: tuple[str, ...], expected: list[str]
) -> None:
    assert [field for field, _ in content_problems(content, channels)] == expected


def test_problems_of_one_source_are_sentences() -> None:
    assert problems("{{ customer.firstName }}", "html") == []
    assert problems("{{ 2 ** 2 }}", "html") == ["line 1: `**` cannot be used in a template"]


def test_a_prepared_content_renders_like_the_one_written() -> None:
    content = compile_content(
        {"subject": "Hi", "html": "<style>p{color:red}</style><p>{{ customer.firstName }}</p>"}
    )
    found = render(content)
    assert '<p style="color: red;">Ann</p>' in found.html
    assert found.text.startswith("Ann\n")
