"""Counting what a content brings for many customers; the order they come in changes nothing."""

from statistics import median_low
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.links import Signer
from channels.core.proof import EXAMPLES, Placeholders, Sheet
from channels.core.render import Addresses

BASE = "https://sojourn.example"
MAIL = {
    "subject": "Hi {{ customer.name }}",
    "html": '<a href="{{ customer.url }}">Go</a><a href="https://shop.example/sale">Sale</a>'
    '<img src="https://cdn.example/{{ customer.name }}.png">{{ 10 / customer.number }}',
}
PEOPLE = st.lists(
    st.tuples(
        st.integers(1, 99), st.sampled_from(["", "Ann", "Böb", "C" * 200]), st.integers(0, 2),
        st.sampled_from(["", "https://shop.example/1", "javascript:alert(1)"]),
    ),
    min_size=1, max_size=30, unique_by=lambda person: person[0],
)  # fmt: skip
Person = tuple[int, str, int, str]


def sheet(content: dict[str, Any] | None = None, channel: str = "email", **given: Any) -> Sheet:
    return Sheet(
        MAIL if content is None else content, channel=channel, base=BASE,
        **{"purpose": "marketing", "segments": 3, **given},
    )  # fmt: skip


def read(found: Sheet, people: list[Person]) -> dict[str, Any]:
    for id, name, number, url in people:
        customer = {"name": name, "number": number, "url": url}
        found.add(id, {"customer": customer, "entry": {}, "context": {}, "journey": {}})
    return found.told()


@given(PEOPLE, st.randoms())
def test_the_order_changes_nothing(people: list[Person], shuffling: Any) -> None:
    other = list(people)
    shuffling.shuffle(other)
    assert read(sheet(), people) == read(sheet(), other)


@given(PEOPLE)
def test_everybody_is_read_or_in_one_error(people: list[Person]) -> None:
    told = read(sheet(), people)
    wrong = [id for id, _, number, _ in people if number == 0]
    assert told["customers"] == len(people) == told["rendered"] + len(wrong)
    assert sum(each["customers"] for each in told["errors"]) == len(wrong)
    assert [each["examples"] for each in told["errors"]] == (
        [sorted(wrong)[:EXAMPLES]] if wrong else []
    )
    nowhere = [id for id, _, number, url in people if number and not url.startswith("https")]
    assert told["leads_nowhere"]["customers"] == len(nowhere)


@given(PEOPLE)
def test_lengths_are_those_of_the_texts(people: list[Person]) -> None:
    found = read(sheet(), people)["lengths"]
    subjects = [len(f"Hi {name}".strip()) for _, name, number, _ in people if number]
    (subject,) = [each for each in found if each["field"] == "subject"] or [None]
    assert (subject is None) == (not subjects)
    if subject is not None:
        assert (subject["min"], subject["max"]) == (min(subjects), max(subjects))
        assert subject["median"] == median_low(subjects)
        assert (subject["limit"], subject["over"]) == (78, sum(n > 78 for n in subjects))
        assert subject["longest"][0]["length"] == max(subjects)


@given(PEOPLE)
def test_empty_values_are_counted_where_nothing_stands_for_them(people: list[Person]) -> None:
    told = {each["path"]: each for each in read(sheet(), people)["empty"]}
    missing = [id for id, name, _, _ in people if not name]
    assert set(told) <= {"customer.name", "customer.url"}
    assert told.get("customer.name", {"customers": 0})["customers"] == len(missing)
    if missing:
        assert told["customer.name"]["examples"] == sorted(missing)[:EXAMPLES]
        assert told["customer.name"]["share"] == round(len(missing) / len(people), 4)


def test_links_and_images_are_told_by_how_many_see_them() -> None:
    people = [(1, "Ann", 1, ""), (2, "Bob", 1, "https://shop.example/x"), (3, "Ann", 1, "")]
    assert [tuple(each.values()) for each in read(sheet(), people)["links"]] == [
        ("https://shop.example/sale", "link", 3),
        ("https://cdn.example/Ann.png", "image", 2),
        ("https://cdn.example/Bob.png", "image", 1),
        ("https://shop.example/x", "link", 1),
    ]


@pytest.mark.parametrize(("length", "count"), [(0, 0), (160, 1), (161, 2), (459, 3), (460, 4)])
def test_segments_are_counted_as_they_are_billed(length: int, count: int) -> None:
    told = read(sheet({"text": "{{ customer.name }}"}, "sms"), [(7, "a" * length, 1, "")])
    assert told["segments"]["counts"] == {str(count): 1}
    over = {"customers": 1, "examples": [7]} if count > 3 else {"customers": 0, "examples": []}
    assert told["segments"]["over"] == over


def test_what_calls_save_is_told_apart_from_what_is_empty() -> None:
    found = sheet({"text": "{{ context.score.value }} {{ entry.a }}"}, "sms")
    told = read(found, [(1, "", 1, "")])
    assert (told["not_known"], found.asks_calls, found.asks_entry) == (
        ["context.score.value"], True, True,
    )  # fmt: skip
    assert [each["path"] for each in told["empty"]] == ["entry.a"]


@pytest.mark.parametrize("content", [{"subject": "{{ a.b() }}", "text": "x"}, {"mjml": "<mj"}])
def test_a_content_that_cannot_be_read_fails_for_everybody(content: dict[str, Any]) -> None:
    found = sheet(content)
    told = read(found, [(1, "", 1, ""), (2, "", 1, "")])
    assert found.fault
    assert [each["customers"] for each in told["errors"]] == [2]


def test_every_kind_of_text_is_looked_into_for_values() -> None:
    push = {
        "title": "{{ customer.a }}",
        "text": "{{ customer.b }}",
        "data": {"x": ["{{ entry.c }}"]},
    }
    mail = MAIL | {"headers": {"X-Cart": "{{ entry.cart }}"}}
    assert {path[-1] for path in sheet(push, "push").paths.needed} == {"a", "b", "c"}
    assert {path[-1] for path in sheet(mail).paths.needed} == {"name", "url", "number", "cart"}


def test_placeholders_are_as_long_as_what_messages_get() -> None:
    signer = Signer(secret=b"s" * 50, base=BASE)
    real = Addresses(signer, b"u" * 16).variables(["open", "view", "preferences"])
    same = Placeholders(BASE).variables(["open", "view", "preferences"])
    assert {name: len(url) for name, url in real.items()}.items() <= {
        name: len(url) for name, url in same.items()
    }.items()
