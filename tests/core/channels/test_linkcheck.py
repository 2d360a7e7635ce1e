"""Links and images: which ones a message shows, and what an answer says about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.linkcheck import (
    FAILURES,
    VERDICTS,
    following,
    found_in,
    in_ascii,
    judged,
    shows,
    unanswered,
)
from channels.core.links import link_hash
from channels.core.render import Rendered

HTML = """
<body background="https://cdn.example/bg.png" style="background:url('https://cdn.example/css.png')">
<a class="b" href="https://shop.example/cart?a=1&amp;b=2">Go</a> <A HREF='https://shop.example/x'>x
</A><a href="mailto:a@shop.example">mail</a><a href="#top">top</a><a href="/relative">r</a>
<img alt="" src="https://cdn.example/logo.png"><img src="cid:logo"><area href="https://not.example">
<abbr href="https://no.example">n</abbr></body>
"""


def test_what_a_mail_shows_is_found_once_and_as_what_it_is() -> None:
    rendered = Rendered(html=HTML, text="(Read https://shop.example/text). x")
    assert found_in(rendered) == {
        "https://cdn.example/logo.png": "image",
        "https://cdn.example/bg.png": "image",
        "https://cdn.example/css.png": "image",
        "https://shop.example/cart?a=1&b=2": "link",
        "https://shop.example/x": "link",
        "https://shop.example/text": "link",
    }


def test_pushes_buttons_and_counted_links_are_looked_into() -> None:
    rendered = Rendered(
        body="See https://a.example/1.", url="https://a.example/2", image="https://a.example/3",
        data={"buttons": [{"url": "https://a.example/4"}], "n": 1},
        links={"h": "https://a.example/5"},
    )  # fmt: skip
    found = found_in(rendered)
    assert {url[-1]: kind for url, kind in found.items()} == {
        "1": "link", "2": "link", "3": "image", "4": "link", "5": "link",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "url"),
    [("Sale (https://a.example/b)10 off", "https://a.example/b"),
     ("(see https://a.example/b_(c)).", "https://a.example/b_(c)"),
     ("https://a.example/b?c=d!", "https://a.example/b?c=d"), ("<https://a.example/>", None)],
)  # fmt: skip
def test_an_address_in_a_text_ends_where_the_text_goes_on(text: str, url: str | None) -> None:
    assert list(found_in(Rendered(text=text))) == [url or "https://a.example/"]


def test_a_link_that_is_also_an_image_is_a_link() -> None:
    both = '<a href="https://a.example/p.png"><img src="https://a.example/p.png"></a>'
    assert found_in(Rendered(html=both)) == {"https://a.example/p.png": "link"}


def test_a_message_shows_what_is_broken_by_its_exact_address() -> None:
    rendered = Rendered(text="https://a.example/page2")
    assert shows(rendered, {link_hash("https://a.example/page2")})
    assert not shows(rendered, {link_hash("https://a.example/page")})
    assert not shows(rendered, frozenset())


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "ok"), (204, "ok"), (304, "ok"), (404, "broken"), (410, "broken"), (500, "broken"),
     (503, "broken"), (400, "unknown"), (401, "unknown"), (403, "unknown"), (405, "unknown"),
     (429, "unknown"), (999, "unknown")],
)  # fmt: skip
def test_sites_that_refuse_robots_are_not_broken(status: int, verdict: str) -> None:
    seen = judged(status)
    assert (seen.verdict, seen.status) == (verdict, status)
    assert (str(status) in seen.detail) == (verdict != "ok")


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("name_unresolved", "broken"), ("refused", "broken"), ("tls_failed", "broken"),
     ("address_forbidden", "broken"), ("circle", "broken"), ("no_answer", "unknown"),
     ("connect_timeout", "unknown"), ("out_of_time", "unknown"), ("connection_lost", "unknown")],
)  # fmt: skip
def test_what_no_answer_proves(code: str, verdict: str) -> None:
    assert unanswered(code).verdict == verdict
    assert unanswered(code).detail.endswith(".")


def test_every_failure_has_a_verdict_and_a_sentence() -> None:
    assert all(verdict in VERDICTS and words[-1] == "." for verdict, words in FAILURES.values())


@pytest.mark.parametrize(
    ("location", "expected"),
    [("/b", "https://a.example/b"), ("https://c.example/", "https://c.example/"),
     ("//c.example/x", "https://c.example/x"), ("", ""), ("  ", ""), ("file:///etc/passwd", ""),
     ("javascript:alert(1)", ""), ("https://[::1", "")],
)  # fmt: skip
def test_where_a_redirect_leads(location: str, expected: str) -> None:
    assert following("https://a.example/a", location) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://магазин.рф/корзина?a=я#x",
      "https://xn--80aairftm.xn--p1ai/%D0%BA%D0%BE%D1%80%D0%B7%D0%B8%D0%BD%D0%B0?a=%D1%8F"),
     ("HTTPS://A.example:8443/a%20b?c=%2F", "https://a.example:8443/a%20b?c=%2F"),
     ("http://u:p@a.example/", "http://a.example/"), ("http://[::1]:80/", "http://[::1]:80/"),
     ("http://[::1", ""), ("http://a.example:x/", ""), ("https://", ""),
     (f"http://{'a' * 70}.example/", "")],
)  # fmt: skip
def test_addresses_are_asked_for_in_ascii(url: str, expected: str) -> None:
    assert in_ascii(url) == expected


@given(st.text(max_size=60))
def test_any_text_is_looked_into_without_a_complaint(text: str) -> None:
    html = f'<a href="https://a.example/{text}">{text}</a><img src="{text}">'
    for url in found_in(Rendered(html=html, text=f"http://{text}", data={"a": [text]})):
        assert url.lower().startswith(("http://", "https://"))
        assert in_ascii(url).isascii()
        assert isinstance(following(url, text), str)
