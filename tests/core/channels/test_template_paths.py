"""Which values a template cannot do without: what it shows, less what it has thought of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.template_paths import Paths, is_empty, paths, paths_of


def needed(source: str) -> set[str]:
    return {".".join(path) for path in paths(source).needed}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hi {{ customer.firstName }}", {"customer.firstName"}),
        ("{{ customer.plan.name }} {{ entry['cart'].id }}",
         {"customer.plan.name", "entry.cart.id"}),
        ("{{ customer.n|default('you') }}{{ customer.m|upper|d('M') }}", set()),
        ("{{ customer.n|upper }} {{ customer.m.strip() }}", {"customer.n", "customer.m"}),
        ("{{ customer.a or customer.b or 'you' }}", set()),
        ("{% if customer.a %}{{ customer.a }}{{ customer.b }}{% endif %}", {"customer.b"}),
        ("{% if customer.a is defined %}{{ customer.a }}{% else %}{{ entry.a }}{% endif %}",
         {"entry.a"}),
        ("{{ 'VIP' if customer.points > 9 else customer.level }}", {"customer.level"}),
        ("{{ customer.a if customer.a else 'you' }}", set()),
        ("{{ customer.get('a') }}{{ customer.get('b', 'you') }}", {"customer.a"}),
        ("{{ entry.products[0].name }}", {"entry.products.0.name"}),
        ("{% for each in entry.products %}{{ each.name }}{% endfor %}", set()),
        ("{% for each in entry.products %}{{ customer.n }}{% endfor %}", {"customer.n"}),
        ("{% set name = customer.n %}{{ name }}", {"customer.n"}),
        ("{% set customer = 1 %}{{ customer.n }}", set()),
        ("{{ 'a' ~ customer.n }}{{ entry.price * 2 }}", {"customer.n", "entry.price"}),
        ("{{ context.score.value }}", {"context.score.value"}),
        ("{{ journey.title }} {{ links.view }} {{ customer }} {{ 1 + 2 }}", set()),
        ("{{ customer.a|default(customer.b) }}", {"customer.b"}),
        ("{{ range(entry.count)|length }}", {"entry.count"}),
    ],
)  # fmt: skip
def test_what_must_hold_something(source: str, expected: set[str]) -> None:
    assert needed(source) == expected


def test_what_is_read_is_more_than_what_is_needed() -> None:
    found = paths("{{ customer.a|default('') }}{% if entry.b %}{{ customer.c }}{% endif %}")
    assert found.read == {("customer", "a"), ("entry", "b"), ("customer", "c")}
    assert found | paths("{{ entry.d }}") == Paths(
        frozenset({("customer", "c"), ("entry", "d")}), found.read | {("entry", "d")}
    )


@pytest.mark.parametrize(
    ("path", "empty"),
    [("a", False), ("none", True), ("text", True), ("list", True), ("map", True), ("zero", False),
     ("no", False), ("deep.b", False), ("deep.c", True), ("a.b", True), ("nothing", True),
     ("many.0.n", False), ("many.1.n", True), ("many.n", True)],
)  # fmt: skip
def test_what_counts_as_empty(path: str, empty: bool) -> None:
    customer: dict[str, Any] = {
        "a": "x", "none": None, "text": "", "list": [], "map": {}, "zero": 0, "no": False,
        "deep": {"b": 1}, "many": [{"n": 1}],
    }  # fmt: skip
    assert is_empty(("customer", *path.split(".")), {"customer": customer}) == empty


@given(st.lists(st.from_regex(r"[a-z]{1,4}", fullmatch=True), min_size=1, max_size=4))
def test_a_path_is_the_same_however_it_is_written(keys: list[str]) -> None:
    dotted = "customer." + ".".join(keys)
    quoted = "customer" + "".join(f"['{key}']" for key in keys)
    got = "customer" + "".join(f".get('{key}')" for key in keys)
    methods = {"get", "items", "keys", "values"}.intersection(keys)
    assert needed(f"{{{{ {quoted} }}}}") == {dotted}
    assert methods or needed(f"{{{{ {dotted} }}}}") == needed(f"{{{{ {got} }}}}") == {dotted}


def test_a_content_reads_what_its_texts_read() -> None:
    content = {
        "subject": "{{ customer.a }}", "track": False, "html": "{{ customer.", "text": "plain",
        "data": {"buttons": ["{{ entry.b|default('x') }}", 5]},
    }  # fmt: skip
    found = paths_of(content)
    assert found.needed == {("customer", "a")}
    assert found.read == {("customer", "a"), ("entry", "b")}
