"""Every page opens, with few queries, for those who may see it and nobody else."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.pages import Page, lists, pages
from tests.world import World

MOST_QUERIES = 40
ESCAPED = re.compile(r"&lt;\w+ class=(&quot;|&#x27;)sj-")
"""Markup that was meant to be one, shown as text."""


def test_every_page_opens(shop: World, anna: Client, subtests: pytest.Subtests) -> None:
    for url in pages():
        with subtests.test(url), CaptureQueriesContext(connection) as queries:
            answer = anna.get(url)
            assert answer.status_code == 200
            assert len(queries) <= MOST_QUERIES
            if "text/html" in answer["Content-Type"]:
                assert not ESCAPED.search(re.sub(r"(?s)<script.*?</script>", "", answer.text))


@pytest.mark.long
def test_every_link_on_every_page_leads_somewhere(shop: World, anna: Client) -> None:
    """Of links that differ in a number only, three are followed."""
    dead = {}
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    for url in pages():
        for target in _targets(url, anna.get(url).content.decode()):
            kind = re.sub(r"\d+", "N", target)
            if target in seen or kinds[kind] == 3:
                continue
            seen.add(target)
            kinds[kind] += 1
            if anna.get(target).status_code not in (200, 302):
                dead[target] = url
    assert not dead
    assert len(seen) > 200


def _targets(url: str, html: str) -> Iterator[str]:
    for href, _text in Page(html).links:
        target = href.split("#")[0]
        if target.startswith("?"):
            yield url.split("?")[0] + target
        elif target.startswith("/"):
            yield target


def test_strangers_are_sent_to_the_login(shop: World) -> None:
    for url in pages():
        answer = Client().get(url)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


def test_the_login_leads_home(world: World, anna: Client) -> None:
    answer = Client().post(reverse("admin:login"), {"username": "anna", "password": "secret"})
    assert answer["Location"] == reverse("admin:index")


def test_who_has_no_rights_sees_no_table(shop: World, nick: Client) -> None:
    for url in lists():
        assert nick.get(url).status_code == 403
    assert nick.get(reverse("admin:sandbox")).status_code == 403
    home = nick.get(reverse("admin:index"))
    assert home.status_code == 200
    assert "customer-0" not in home.content.decode()


def test_who_may_only_look_finds_nothing_to_press(shop: World, vera: Client) -> None:
    for url in pages():
        answer = vera.get(url)
        if answer.status_code == 200:
            forms = re.findall(
                r'<form[^>]*method="post"[^>]*action="([^"]*)"', answer.content.decode()
            )
            assert set(forms) <= {reverse("admin:logout"), reverse("admin:set_language")}, url


def test_who_may_only_look_changes_nothing(shop: World, vera: Client) -> None:
    customer = shop.id("customer-000")
    for name in ("save", "publish", "pause", "resume", "stop", "discard"):
        url = reverse(f"admin:journeys_journey_{name}", args=["abandoned-cart"])
        assert vera.post(url).status_code == 403
    assert vera.post(reverse("admin:profiles_customer_consent", args=[customer])).status_code == 403
    assert vera.post(reverse("admin:sandbox_clock"), {"advance": "1d"}).status_code == 403
    assert vera.get(reverse("admin:channels_account_add")).status_code == 403


def test_what_changes_something_is_never_a_link(shop: World, anna: Client) -> None:
    for name in ("save", "publish", "pause", "resume", "stop", "discard"):
        url = reverse(f"admin:journeys_journey_{name}", args=["abandoned-cart"])
        assert anna.get(url).status_code == 405
    assert anna.get(reverse("admin:sandbox_clock")).status_code == 405


def test_records_of_what_happened_cannot_be_written(shop: World, anna: Client) -> None:
    for model in ("profiles_event", "channels_message", "journeys_decision", "journeys_version"):
        assert anna.get(reverse(f"admin:{model}_add")).status_code == 403
        page = anna.get(reverse(f"admin:{model}_changelist")).content.decode()
        assert reverse(f"admin:{model}_add") not in page


def test_the_admin_loads_nothing_from_elsewhere(shop: World, anna: Client) -> None:
    answer = anna.get(reverse("admin:index"))
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    for tag, name, value in Page(answer.content.decode()).attributes:
        if tag in ("script", "link", "img") and name in ("src", "href"):
            assert value.startswith(("/", "data:")), value


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_language_follows_the_reader(world: World, anna: Client, language: str) -> None:
    answer = anna.post(reverse("admin:set_language"), {"language": language, "next": "/admin/"})
    assert answer["Location"] == "/admin/"
    assert f'lang="{language}"' in anna.get("/admin/").content.decode()
