"""One content in several languages, with parts that several contents share."""

from typing import Any

import pytest

from channels.core.blocks import BlockProblem, expanded, gathered, named
from channels.core.content import misshapen, wrong_texts
from channels.core.mjml import compile_content
from channels.core.variants import chosen, faults, variant, variants

MAIL: dict[str, Any] = {
    "subject": "Hello",
    "html": "<p>Hello</p>",
    "locales": {
        "fr": {"subject": "Bonjour"},
        "fr-CA": {"html": "<p>Allô</p>"},
        "de": {"text": "x"},
    },
}


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("fr-CA", "fr-CA"), ("fr_ca", "fr-CA"), ("FR", "fr"), ("fr-BE", "fr"),
        ("fr-CA-x-a", "fr-CA"), ("de-DE-1996", "de"), ("frc", ""), ("en", ""), ("", ""), ("-", ""),
    ],
)  # fmt: skip
def test_the_nearest_language_is_taken(locale: str, expected: str) -> None:
    assert chosen(MAIL["locales"], locale) == expected


def test_a_variant_says_what_differs_and_the_content_the_rest() -> None:
    assert variant(MAIL, "fr") == {"subject": "Bonjour", "html": "<p>Hello</p>"}
    assert variant(MAIL, "") == {"subject": "Hello", "html": "<p>Hello</p>"}
    assert [name for name, _ in variants(MAIL)] == ["", "fr", "fr-CA", "de"]


def test_a_page_of_its_own_leaves_nothing_of_the_other_page() -> None:
    whole = {**MAIL, "text": "Hello", "mjml": ""}
    assert variant(whole, "fr-CA") == {"subject": "Hello", "html": "<p>Allô</p>"}
    found = compile_content(whole)["locales"]
    assert found["fr-CA"]["text"].strip() == "Allô"
    assert found["fr"]["text"] == "Hello"
    assert compile_content(compile_content(whole)) == compile_content(whole)


@pytest.mark.parametrize(
    ("locales", "place", "sentence"),
    [
        (5, "locales", "mapping of languages"),
        ({"fr fr": {"text": "x"}}, "locales.fr fr", "no language"),
        ({"fr": {"text": "x"}, "FR": {"text": "y"}}, "locales.FR", "the same language"),
        ({"fr": {}}, "locales.fr", "Say what differs"),
        ({"fr": {"template": "x"}}, "locales.fr", "no template"),
        ({f"a{chr(97 + n % 26)}-{n}": {"text": "x"} for n in range(51)}, "locales", "at most 50"),
    ],
)
def test_what_is_wrong_with_variants_is_told(locales: Any, place: str, sentence: str) -> None:
    found = list(faults({"subject": "x", "locales": locales}))
    assert [path for path, _ in found] == [place]
    assert sentence in found[0][1]


BLOCKS: dict[str, dict[str, Any]] = {
    "footer": {
        "html": "<p>Our shop</p>",
        "mjml": "<mj-section/>",
        "locales": {"de": {"html": "<p>Unser Laden</p>"}},
    },
    "frame": {"html": '<div>{% include "footer" %}</div>'},
    "loop": {"html": "{% include 'loop' %}"},
    "here": {"html": "{% include 'loop' %}"},
}


def test_a_block_stands_where_it_is_asked_for_in_every_language() -> None:
    mail = {
        "subject": "x",
        "html": "<p>Hi</p>{%- include 'frame' -%}",
        "locales": {"fr": {"subject": "y"}},
    }
    blocks = gathered(mail, BLOCKS.get)
    assert sorted(blocks) == ["footer", "frame"]
    found = expanded(mail, blocks)
    assert found["html"] == "<p>Hi</p><div><p>Our shop</p></div>"
    assert found["locales"]["de"]["html"] == "<p>Hi</p><div><p>Unser Laden</p></div>"
    assert found["locales"]["fr"] == {"subject": "y", "html": found["html"]}


def test_plain_text_takes_the_text_of_a_blocks_page() -> None:
    found = expanded({"text": "Hi\n{% include 'footer' %}"}, BLOCKS)
    assert found["text"] == "Hi\nOur shop"


def test_blocks_are_found_in_lists_and_mappings_too() -> None:
    data = {"data": {"buttons": [{"text": "{% include 'a' %}"}]}, "text": '{% include "b" %}'}
    assert named(data) == {"a", "b"}
    found = expanded(data, {"a": {"text": "Go"}, "b": {"text": "B"}})
    assert found == {"data": {"buttons": [{"text": "Go"}]}, "text": "B"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"html": "{% include 'none' %}"}, "there is no block “none”"),
        ({"html": "{% include 'loop' %}"}, "needs itself"),
        ({"mjml": "{% include 'frame' %}"}, "has no mjml"),
        ({"subject": "{% include 'footer' %}"}, "has no subject"),
    ],
)
def test_a_block_that_cannot_be_put_in_is_told(content: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BlockProblem, match=sentence):
        expanded(content, gathered(content, BLOCKS.get))


def test_blocks_do_not_grow_beyond_a_megabyte_or_five_levels() -> None:
    big = {"big": {"html": "x" * 200_000}, "more": {"html": "{% include 'big' %}" * 4}}
    with pytest.raises(BlockProblem, match="longer than a megabyte"):
        expanded({"html": "{% include 'more' %}" * 1_000}, big)
    deep = {f"b{n}": {"html": f"{{% include 'b{n + 1}' %}}"} for n in range(9)}
    with pytest.raises(BlockProblem, match="deeper than 5"):
        expanded({"html": "{% include 'b0' %}"}, deep)


@pytest.mark.parametrize(
    ("content", "path", "code"),
    [
        ("text", "content", "wrong_type"),
        ({}, "content", "missing"),
        ({"subject": 5}, "subject", "wrong_type"),
        ({"subject": "x", "colour": "red"}, "colour", "unknown_key"),
        ({"text": "x", "data": [1]}, "data", "wrong_type"),
        ({"text": "x", "data": {"a": object()}}, "data", "wrong_type"),
        ({"text": "x", "track": "no"}, "track", "wrong_type"),
        ({"html": "x", "mjml": "y"}, "html", "ambiguous"),
        ({"text": "x", "locales": {"fr": {"subject": 1}}}, "locales.fr.subject", "wrong_type"),
    ],
)
def test_what_is_no_content_is_told_by_place(content: Any, path: str, code: str) -> None:
    assert [(place, each) for place, each, _ in misshapen(content)] == [(path, code)]


def test_wrong_texts_are_told_once_and_in_every_language() -> None:
    content = {
        "subject": "{{ customer.name", "data": {"a": ["{% if %}"]}, "mjml": "<mjml><mj-body",
        "locales": {"fr": {"text": "{{ 2 ** 3 }}"}},
    }  # fmt: skip
    found = [path for path, _, _ in wrong_texts(content)]
    assert found == ["subject", "data", "mjml", "locales.fr.text"]
    assert list(wrong_texts({"mjml": "<mj-section>{{ customer.name }}</mj-section>"})) == []
