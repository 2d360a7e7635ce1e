"""UTM parameters: what is added to a link, what stays as it was, and what the settings may say."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from channels.core import utm
from channels.core.content import content_problems
from channels.core.linkcheck import shows
from channels.core.links import MAX_URL, Signer, link_hash
from channels.core.render import Addresses, prepare
from config import env

UTM = "utm_source=shop&utm_medium={channel}&utm_campaign={journey}&utm_content={step}"
PLACES = {"channel": "email", "journey": "spring", "step": "mail", "arm": ""}
SOURCE = (("utm_source", "shop"),)
BASE = "https://mail.example.com"
NAMES = [f"utm_{name}" for name in utm.NAMES]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
QUERIES = st.lists(
    st.one_of(
        st.sampled_from(["a=1", "a", "a=%C3%A9", "b=x+y", "q=a%26b", "", "utm_source=own"]),
        st.sampled_from(NAMES),
        st.from_regex(r"[a-z%\[\]]{1,4}=[^&#\s]{0,6}", fullmatch=True),
    ),
    max_size=4,
).map("&".join)


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example", "https://a.example?utm_source=shop"),
        ("https://a.example/?", "https://a.example/?utm_source=shop"),
        ("https://a.example/?b=2&a=1", "https://a.example/?b=2&a=1&utm_source=shop"),
        ("https://a.example/?a=1&", "https://a.example/?a=1&utm_source=shop"),
        ("https://a.example/#top?x=1", "https://a.example/?utm_source=shop#top?x=1"),
        ("https://a.example/?a=1#", "https://a.example/?a=1&utm_source=shop#"),
        ("https://a.example/?utm_source=own", "https://a.example/?utm_source=own"),
        ("https://a.example/?UTM_Source=own", "https://a.example/?UTM_Source=own"),
        ("https://a.example/?utm%5Fsource=", "https://a.example/?utm%5Fsource="),
        ("https://a.example/?x=utm_source", "https://a.example/?x=utm_source&utm_source=shop"),
        ("https://a.example/%zz?%zz=%", "https://a.example/%zz?%zz=%&utm_source=shop"),
    ],
)
def test_a_link_gets_what_it_lacks_and_keeps_the_rest(url: str, made: str) -> None:
    assert utm.tagged(url, SOURCE) == made


def test_values_are_encoded() -> None:
    made = utm.tagged("https://a.example/", (("utm_term", "Ü & 50 %#/?"),))
    assert made == "https://a.example/?utm_term=%C3%9C%20%26%2050%20%25%23%2F%3F"


def test_a_link_that_would_grow_too_long_stays_as_it_is() -> None:
    url = "https://a.example/" + "a" * (MAX_URL - 18)
    assert utm.tagged(url, SOURCE) == url


@given(
    query=QUERIES,
    fragment=st.sampled_from(["", "#", "#top", "#?a=1&utm_source=x"]),
    wanted=st.lists(
        st.tuples(st.sampled_from(NAMES), TEXTS.filter(bool)), unique_by=lambda t: t[0]
    ),
)
def test_reading_it_back_gives_the_old_parameters_then_the_missing_ones(
    query: str, fragment: str, wanted: list[tuple[str, str]]
) -> None:
    url = f"https://a.example/p{'?' + query if query else ''}{fragment}"
    made = utm.tagged(url, tuple(wanted))
    before, after = urlsplit(url), urlsplit(made)
    old = parse_qsl(before.query, keep_blank_values=True)
    known = {name.lower() for name, _ in old}
    assert parse_qsl(after.query, keep_blank_values=True) == [
        *old, *(pair for pair in wanted if pair[0] not in known),
    ]  # fmt: skip
    assert after.query.startswith(before.query)
    assert (after.path, after.fragment) == (before.path, before.fragment)
    assert made.endswith(fragment)
    assert utm.tagged(made, tuple(wanted)) == made


def test_the_setting_is_filled_in_and_what_stays_empty_is_left_out() -> None:
    found = utm.tags(utm.parse(f"{UTM}&utm_term={{arm}}"), None, PLACES)
    assert found == (
        ("utm_source", "shop"), ("utm_medium", "email"), ("utm_campaign", "spring"),
        ("utm_content", "mail"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (False, {}),
        ({}, {"utm_source": "shop"}),
        ({"campaign": "{journey}-1"}, {"utm_source": "shop", "utm_campaign": "spring-1"}),
        ({"source": "other"}, {"utm_source": "other"}),
        ({"source": False}, {}),
        ({"source": ""}, {}),
    ],
)
def test_a_step_replaces_and_drops(own: Any, found: dict[str, str]) -> None:
    assert dict(utm.tags(SOURCE, own, PLACES)) == found


def test_without_the_setting_a_step_speaks_for_itself() -> None:
    assert utm.tags((), {"term": "x"}, PLACES) == (("utm_term", "x"),)
    assert utm.tags((), None, PLACES) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shop", "write such as utm_source=shop"),
        ("source=shop", "source is no UTM parameter"),
        ("utm_sauce=shop", "Did you mean “source”"),
        ("utm_source={customer}", "In braces stands one of channel"),
        ("utm_source={{journey}}", "In braces"),
        ("utm_source={journey", "In braces"),
        ("utm_source=" + "a" * 201, "at most 200"),
        ("utm_source=a%0Ab", "one line"),
    ],
)
def test_a_wrong_setting_ends_the_start_in_a_sentence(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOJOURN_UTM", text)
    with pytest.raises(ImproperlyConfigured, match=f"SOJOURN_UTM: .*({said})") as error:
        env.utm()
    assert "\n" not in str(error.value)


def test_no_setting_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_UTM", "")
    assert env.utm() == ()


def test_a_template_may_say_it_too_and_is_refused_alike() -> None:
    mail = {"subject": "Hi", "text": "x"}
    assert content_problems({**mail, "utm": {"term": "x", "id": False}}, ("email",)) == []
    found = content_problems({**mail, "utm": {"utm_term": "x"}}, ("email",))
    assert found == [("utm.utm_term", "There is no UTM parameter “utm_term”. Write term.")]
    assert content_problems({**mail, "utm": True}, ("email",))[0][0] == "utm"
    inside = {**mail, "locales": {"fr": {"utm": False}}}
    assert content_problems(inside, ("email",))[0][0] == "locales.fr.utm"


def test_counted_links_of_a_message_carry_them_and_our_own_do_not() -> None:
    signer, uid = Signer(secret=b"secret", base=BASE), bytes(16)
    html = (
        '<a href="https://a.example/?x=1#y">A</a> <a href="{{ links.preferences }}">P</a>'
        '<a data-no-track href="https://b.example/">B</a> <a href="mailto:x@y.example">M</a>'
    )
    content = {"subject": "Hi", "html": html, "text": "x"}
    prepared = prepare(content, channel="email", purpose="marketing")
    rendered = prepared.render({}, Addresses(signer, uid, tags=SOURCE, unsubscribe_text="U"))
    made = "https://a.example/?x=1&utm_source=shop#y"
    assert rendered.links == {link_hash(made): made}
    assert signer.click(uid, made) in rendered.html
    assert rendered.html.count("utm_source") == 0
    assert 'href="https://b.example/"' in rendered.html
    assert shows(rendered, {link_hash("https://a.example/?x=1#y")})
