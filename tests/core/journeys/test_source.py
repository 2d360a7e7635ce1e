"""Text in, plain data out; and back without loss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.problem import DocumentError, Problem
from journeys.core.source import MAX_CHARACTERS, read, write


def refused(source: Any) -> Problem:
    with pytest.raises(DocumentError) as caught:
        read(source)
    return caught.value.problems[0]


def test_on_off_yes_and_no_are_words() -> None:
    text = "on: [yes, no, off, on, y, n]\nenter: {on: true}"
    assert read(text).value == {
        "on": ["yes", "no", "off", "on", "y", "n"],
        "enter": {"on": True},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:00", "10:00"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01T10:00", "2026-12-01T10:00"),
        ("1_000", "1_000"),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+12.", 12.0),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("9" * 25, 1e25),
        ("~", None),
        ("Null", None),
        ("", None),
        ("TRUE", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("|\n  5", "5"),
    ],
)
def test_plain_words_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    got = read(f"a: {text}").value["a"]
    assert got == value
    assert type(got) is type(value)


def test_keys_are_always_text() -> None:
    assert read("5: a\ntrue: b\nnull: c").value == {"5": "a", "true": "b", "null": "c"}


def test_yaml_remembers_the_line_of_every_value() -> None:
    lines = read("a:\n  - x\n  - b: 1\n    c: 2\n").lines
    assert lines["a",] == 1
    assert lines["a", 0] == 2
    assert lines["a", 1, "b"] == 3
    assert lines["a", 1, "c"] == 4


def test_json_is_read_as_json() -> None:
    assert read(' {"a": "\\ud83d\\ude00", "b":\t[1, 2.5, null]}').value == {
        "a": "\U0001f600",
        "b": [1, 2.5, None],
    }


def test_a_flow_mapping_of_yaml_is_not_mistaken_for_json() -> None:
    assert read("{a: b, c: [d]}").value == {"a": "b", "c": ["d"]}


def test_a_mapping_is_copied() -> None:
    given_mapping = {"a": [1, (2, 3)]}
    value = read(given_mapping).value
    assert value == {"a": [1, [2, 3]]}
    assert value["a"] is not given_mapping["a"]


def test_nothing_reads_as_nothing() -> None:
    assert read("").value is None
    assert read("# only a comment").value is None


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: 1\nb: [1", "syntax", 3),
        ("a: 1\n b: 2", "syntax", 2),
        ("a: 1\n---\nb: 2", "syntax", 2),
        ("a: &x 1", "syntax", 1),
        ("a: 1\nb: *x", "syntax", 2),
        ("a: !!python/object:os.system {}", "syntax", 1),
        ("a: !!int '5'", "syntax", 1),
        ("a: !x [1]", "syntax", 1),
        ("a: ! 5", "syntax", 1),
        ("? [a]\n: b", "syntax", 1),
        ("a: 1\nb:\n  c: 1\n  c: 2", "duplicate_key", 4),
        ("a: \x00", "syntax", None),
        ('{"a": 1, "a": 2}', "duplicate_key", None),
        ('{"a": NaN}', "not_plain", None),
        ('{"a": ' + "9" * 5000 + "}", "not_plain", None),
        ('{"a":' * 100_000, "not_plain", None),
        ("a: " + "[" * 60, "too_large", 1),
        ("a: 1e999", "not_plain", None),
        ("a: 9223372036854775808", "not_plain", None),
        ("a: " + "x" * MAX_CHARACTERS, "too_large", None),
        ('{"a": "\\u0000"}', "not_plain", None),
        ('{"a": "\\ud800"}', "not_plain", None),
        ('{"a\\u0000": 1}', "not_plain", None),
    ],
)
def test_what_is_not_plain_data_is_refused_with_its_line(
    text: str, code: str, line: int | None
) -> None:
    found = refused(text)
    assert (found.code, found.line) == (code, line)
    assert found.severity == "error"


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return {"a": value}


@pytest.mark.parametrize(
    "value",
    [{"a": object()}, {1: "a"}, {"a": {1, 2}}, {"a": float("inf")}, {"a": b"x"}],
)
def test_a_mapping_that_json_cannot_carry_is_refused(value: Any) -> None:
    assert refused(value).code == "not_plain"


def test_depth_is_bounded_whatever_the_form() -> None:
    assert read(nested(39)).value == nested(39)
    assert refused(nested(60)).code == "too_large"
    assert refused(json.dumps(nested(60))).code == "too_large"
    loop: dict[str, Any] = {}
    loop["a"] = loop
    assert refused(loop).code == "too_large"


def test_the_path_of_a_refused_value_is_told() -> None:
    assert refused({"steps": [{"wait": object()}]}).path == "steps[0].wait"
    assert refused("steps:\n- a: 1\n  a: 2").path == "steps[0].a"


def test_the_error_counts_what_else_is_wrong() -> None:
    one = Problem("a", "invalid", "First.")
    assert str(DocumentError([one])) == "a: First."
    assert str(DocumentError([one, one, one])) == "a: First. (and 2 more)"
    assert str(DocumentError([Problem("", "syntax", "Bad.", line=3)])) == "line 3: Bad."
    assert str(DocumentError([Problem("", "syntax", "Bad.")])) == "document: Bad."


def test_written_yaml_looks_as_people_write_it() -> None:
    text = write({"journey": "a", "enter": {"on": [{"event": "X"}]}, "html": "a\nb\n"})
    assert text == "journey: a\nenter:\n  on:\n    - event: X\nhtml: |\n  a\n  b\n"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from(["on", "yes", "null", "~", "1e5", "0o7", "0x1", "017", "10:00", "-", "=", ""])
    | st.from_regex(r"[-+0-9.:eExo_]{1,8}", fullmatch=True),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    assert read(write({"a": value})).value == {"a": value}
