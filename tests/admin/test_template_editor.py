"""What the template editor asks the server for, and who may ask."""

import gzip
import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation

from channels.admin import editor_words
from channels.queries.templates import layout, layouts
from config.admin import template_editor
from tests.world import World

CALL = re.compile(r'(?<!\.)\b(tn?|say)\(\s*("(?:[^"\\]|\\.)*")')
JSON = "application/json"
POSTS = ("check", "preview", "sample", "test")
MAIL = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"


def url(name: str) -> str:
    return reverse(f"admin:channels_template_editor_{name}")


def ask(client: Client, name: str, source: str = "text: Hi", **given: Any) -> Any:
    body = {"source": source, **given}
    return client.post(url(name), json.dumps(body), content_type=JSON)


def written(**content: Any) -> str:
    return json.dumps(content)


def found(client: Client, **content: Any) -> list[dict[str, Any]]:
    return ask(client, "check", written(**content)).json()["findings"]


def test_the_page_brings_what_the_editor_begins_with(shop: World, anna: Client) -> None:
    page = anna.get(reverse("admin:channels_template_add")).content.decode()
    boot = re.search(r'<script id="template-boot"[^>]*>(.*?)</script>', page, re.S)
    assert boot
    told = json.loads(boot[1])
    assert told["urls"]["check"] == url("check")
    assert told["mayChange"] is True
    assert '<textarea class="sj-editor' in page


def test_who_may_only_look_checks_and_previews_and_sends_nothing(
    shop: World, vera: Client, nick: Client
) -> None:
    for name in ("check", "preview", "sample"):
        assert ask(vera, name, channels=["sms"]).status_code == 200, name
    given = {"channel": "email", "to": "me@shop.example"}
    assert ask(vera, "test", **given).status_code == 403
    for name in POSTS:
        assert ask(nick, name).status_code == 403
        assert ask(Client(), name).status_code == 302
    for name in ("words", "people"):
        assert vera.get(url(name)).status_code == 200
        assert nick.get(url(name)).status_code == 403


def test_a_question_without_the_token_is_refused(shop: World, anna: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = anna.cookies
    assert ask(strict, "preview").status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 400), ("[]", 400), ('{"source": 1}', 400), ('{"source": "a: ["}', 400)],
)
def test_what_is_no_question_is_refused(shop: World, anna: Client, body: str, status: int) -> None:
    answer = anna.post(url("check"), body, content_type=JSON)
    assert (answer.status_code, "message" in answer.json()) == (status, True)


def test_what_the_sandbox_refuses_has_its_line_and_column(shop: World, anna: Client) -> None:
    (told,) = found(anna, subject="x", text="Hello\n {{ a|pprint }}\nyou")
    assert (told["field"], told["line"], told["column"], told["length"]) == ("text", 2, 7, 6)
    assert (told["severity"], told["message"][:10]) == ("error", "The filter")


def test_what_is_empty_for_some_is_told_with_its_figure(germans: None, anna: Client) -> None:
    (told,) = found(anna, text="Hi {{ customer.firstName }} of {{ customer.country }}")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE coalesce(attributes->>'country', '') = '') "
            "FROM profiles_customer WHERE merged_into_id IS NULL"
        )
        base, empty = cursor.fetchone()
    assert 0 < empty < base
    assert (told["path"], told["empty"], told["base"]) == ("customer.country", empty, base)
    assert told["column"] == len("Hi {{ customer.firstName }} of {{ ") + 1
    share = f"{100 * empty / base:.0f} %"
    assert told["message"].startswith(f"country is empty for {share} of {base} customers")
    assert found(anna, text="{{ customer.country|default('here') }}") == []
    assert found(anna, text="{% if customer.country %}{{ customer.country }}{% endif %}") == []


def test_an_attribute_that_nobody_has_is_told_with_what_was_meant(
    shop: World, anna: Client
) -> None:
    (told,) = found(anna, text="{{ customer.firstNmae }}")
    assert (told["code"], "firstName" in told["message"]) == ("unknown_attribute", True)


@pytest.mark.parametrize(
    ("inside", "code", "words"),
    [
        ("<mj-txt>a</mj-txt>", "unknown_tag", "did you mean <mj-text>"),
        ("<p>a</p>", "unknown_tag", "<p> stands outside of a text"),
        ("loose words", "loose_text", "stand outside of a text"),
        ("<mj-text>a", "not_closed", "<mj-text> is never closed"),
        ("</mj-text>", "not_opened", "</mj-text> closes nothing"),
    ],
)
def test_what_mjml_would_drop_is_told(
    shop: World, anna: Client, inside: str, code: str, words: str
) -> None:
    told = found(anna, subject="x", mjml="\n" + MAIL.format(inside))
    assert code in {each["code"] for each in told}
    assert any(words in each["message"] for each in told)
    assert {each["line"] for each in told} == {2}


def test_code_and_html_within_texts_are_left_alone(shop: World, anna: Client) -> None:
    inside = "{% if a < 3 %}<mj-text><p class=\"{{ 'x' }}\">a<br>b</p></mj-text>{% endif %}"
    assert found(anna, subject="x", mjml=MAIL.format(inside)) == []


def test_a_variant_is_checked_too_and_a_missing_block_is_told(shop: World, anna: Client) -> None:
    source = written(text="x", locales={"de": {"text": "{{ a|nope }}"}})
    told = ask(anna, "check", source).json()
    assert [each["language"] for each in told["findings"]] == ["de"]
    assert told["problems"] == []
    told = ask(anna, "check", written(text="{% include 'none' %}")).json()
    assert "There is no block “none”" in told["problems"][0]["message"]


def test_a_mail_is_shown_as_one_customer_gets_it(shop: World, anna: Client) -> None:
    source = written(
        subject="Hi {{ customer.firstName }}",
        mjml=MAIL.format('<mj-text><a href="https://shop.example/x">go</a></mj-text>'),
    )
    told = ask(anna, "preview", source, customer="user_id:customer-003", channels=["email"]).json()
    mail = told["channels"]["email"]
    assert (told["customer"]["name"], mail["subject"]) == ("Name3", "Hi Name3")
    assert {"url": "https://shop.example/x", "kind": "link"} in mail["links"]
    assert mail["mail"]["preheader"].startswith("go")
    assert "Content-Security-Policy" in mail["mail"]["html"]
    assert "invert(1)" in mail["mail"]["dark"]
    assert "invert(1)" not in mail["mail"]["html"]


def test_what_is_missing_is_told_of_the_channel_that_is_shown(shop: World, anna: Client) -> None:
    source = written(
        subject="x",
        text="{{ customer.a }}",
        mjml=MAIL.format("<mj-text>{{ customer.b }}</mj-text>"),
    )
    for channel, missing in (("email", ["customer.a", "customer.b"]), ("sms", ["customer.a"])):
        assert ask(anna, "preview", source, channels=[channel]).json()["missing"] == missing


def test_what_is_wrong_with_one_channel_leaves_the_others_to_be_seen(
    shop: World, anna: Client
) -> None:
    source = written(subject="{{ a|nope }}", html="<p>x</p>", text="Hi")
    told = ask(anna, "preview", source, channels=["email", "sms"]).json()["channels"]
    assert "nope" in told["email"]["problem"]
    assert (told["sms"]["problem"], told["sms"]["text"]) == ("", "Hi")
    sent = ask(anna, "test", source, channel="email", to="me@shop.example")
    assert (sent.status_code, "nope" in sent.json()["message"]) == (422, True)
    shapeless = ask(anna, "preview", written(nonsense="x"))
    assert shapeless.status_code == 422


def test_a_mail_with_rules_of_its_own_for_the_dark_is_shown_by_them(
    shop: World, anna: Client
) -> None:
    html = "<style>@media (prefers-color-scheme: dark) {p {color: red}}</style><p>a</p>"
    told = ask(anna, "preview", written(subject="x", html=html), channels=["email"]).json()
    dark = told["channels"]["email"]["mail"]["dark"]
    assert "prefers-color-scheme" not in dark
    assert "invert(1)" not in dark


def test_texts_are_read_with_an_event_of_the_customer_or_of_somebody(
    shop: World, anna: Client
) -> None:
    source = written(text="{{ entry.cart_id }}")
    given = {"channels": ["sms"], "event": "Cart Updated"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, properties->>'cart_id' FROM profiles_event "
            "WHERE name = 'Cart Updated' ORDER BY at DESC, id DESC LIMIT 1"
        )
        owner, cart = cursor.fetchone()
    own = ask(anna, "preview", source, customer=str(owner), **given).json()
    assert own["event"] == {"name": "Cart Updated", "customer": owner, "own": True}
    lent = ask(anna, "preview", source, **given).json()
    assert (lent["event"]["own"], lent["readsEvent"]) == (False, True)
    assert lent["channels"]["sms"]["text"] == str(cart or "")
    none = ask(anna, "preview", source, channels=["sms"]).json()
    assert (none["event"], none["missing"]) == (None, ["entry.cart_id"])


def test_push_telegram_and_sms_are_counted_as_they_would_be_sent(shop: World, anna: Client) -> None:
    content = {
        "title": "Go", "body": "x" * 4000, "text": "Привет" * 12,
        "data": {"buttons": [{"text": "Open", "url": "https://shop.example/"}]},
    }  # fmt: skip
    channels = ["push", "telegram", "sms"]
    told = ask(anna, "preview", written(**content), channels=channels).json()["channels"]
    assert told["push"]["push"]["bytes"] > told["push"]["push"]["most"]
    assert told["telegram"]["chat"]["buttons"] == ["Open"]
    assert told["telegram"]["chat"]["text"].startswith("Go\n\nПривет")
    assert told["sms"]["segments"] == {"encoding": "ucs2", "units": 72, "count": 2}


def test_the_sample_counts_parts_for_many(germans: None, anna: Client) -> None:
    source = written(text="{{ 'x' * 170 if customer.country == 'DE' else 'x' }}")
    told = ask(anna, "sample", source, channels=["sms"]).json()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE attributes->>'country' = 'DE') "
            "FROM profiles_customer WHERE merged_into_id IS NULL"
        )
        everybody, german = cursor.fetchone()
    expected = {"1": everybody - german, "2": german}
    assert told["customers"] == everybody
    assert german > 0
    assert told["segments"]["counts"] == expected


def test_a_sample_of_what_takes_long_ends_and_says_of_how_many_it_speaks(
    shop: World, anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_editor, "SECONDS", 0)
    inner = "{% for b in range(1000) %}{% if a == b %}{% endif %}{% endfor %}"
    bomb = "{% for a in range(1000) %}" + inner + "{% endfor %}"
    told = ask(anna, "sample", written(text=bomb), channels=["sms"]).json()
    assert told["customers"] == 0
    shown = ask(anna, "preview", written(text=bomb), channels=["sms"]).json()
    assert "more work" in shown["channels"]["sms"]["problem"]


def test_a_test_goes_out_of_what_nobody_has_saved(shop: World, anna: Client) -> None:
    given = {"channel": "email", "to": "me@shop.example, you@shop.example", "seeds": True}
    told = ask(anna, "test", written(subject="New", text="x"), **given).json()
    assert {each["status"] for each in told["sent"]} == {"sandbox"}
    assert {"me@shop.example", "team@shop.example"} <= {each["to"] for each in told["sent"]}
    wrong = ask(anna, "test", written(text="x"), channel="push", to="x")
    assert (wrong.status_code, wrong.json()["message"]) == (422, "There is no channel push.")


def test_there_is_something_to_write_with(shop: World, anna: Client) -> None:
    told = anna.get(url("words")).json()
    assert "firstName" in {each["name"] for each in told["attributes"]}
    assert {"default", "truncate"} <= set(told["filters"])
    assert "pprint" not in told["filters"]
    assert "spring" in told["templates"]
    assert "Cart Updated" in {each["name"] for each in told["events"]}
    of = anna.get(url("words"), {"of": "Cart Updated"}).json()["properties"]
    assert isinstance(of, list)


def test_each_layout_is_listed_and_opens(shop: World, anna: Client) -> None:
    add = reverse("admin:channels_template_add")
    listed = re.findall(r'href="\?layout=([\w-]+)"', anna.get(add).content.decode())
    assert sorted(listed) == layouts()
    for name in listed:
        assert "mj-preview" in anna.get(add, {"layout": name}).content.decode()
    assert "mj-preview" not in anna.get(add, {"layout": "../x"}).content.decode()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", layouts())
def test_a_layout_says_something_to_everybody_and_nothing_is_wrong_with_it(
    shop: World, anna: Client, name: str, language: str
) -> None:
    with translation.override(language):
        text = str(layout(name))
    assert "[[" not in text
    told = ask(anna, "check", text).json()
    assert (told["findings"], told["problems"]) == ([], [])
    shown = ask(anna, "preview", text, channels=["email"]).json()
    mail = shown["channels"]["email"]
    assert (mail["problem"], shown["missing"]) == ("", [])
    assert "fonts.googleapis" not in mail["mail"]["html"]


def test_a_new_template_begins_in_the_language_of_its_author(shop: World, anna: Client) -> None:
    add = reverse("admin:channels_template_add")
    russian = {"Accept-Language": "ru"}
    assert "Go to the basket" in anna.get(add, {"layout": "abandoned-cart"}).content.decode()
    begun = anna.get(add, {"layout": "abandoned-cart"}, headers=russian).content.decode()
    assert "Перейти в корзину" in begun
    assert "Go to the basket" not in begun
    assert "ваша корзина ждёт" in anna.get(add, headers=russian).content.decode()


def test_the_catalogue_has_every_text_of_the_script() -> None:
    sources = (settings.BASE_DIR / "channels/frontend/src").rglob("*.ts*")
    said = {call for path in sources for call in CALL.findall(path.read_text("utf8"))}
    once = {json.loads(text) for kind, text in said if kind in ("t", "say")}
    counted = {json.loads(text) for kind, text in said if kind == "tn"}
    assert once == set(editor_words.TEXTS)
    assert counted == set(editor_words.CATALOGUE.plurals())


def test_the_script_speaks_russian() -> None:
    with translation.override("ru"):
        assert editor_words.CATALOGUE.texts()["Shared block"] == "Общий блок"
        assert editor_words.CATALOGUE.plurals()["{n} part"]["few"] == "{n} части"


def test_the_script_and_its_styles_are_within_their_budget() -> None:
    built = settings.BASE_DIR / "channels/static/channels/editor"
    assert len(gzip.compress((built / "editor.js").read_bytes())) <= 300 * 1024
    assert len(gzip.compress((built / "editor.css").read_bytes())) <= 8 * 1024
