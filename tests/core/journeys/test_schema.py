"""The schema accepts what the parser accepts and refuses what it refuses, form by form."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from journeys.core.document import parse
from journeys.core.schema import journey_schema
from tests.core.journeys.documents import CART, DE, MAIL, VIP, mail, raw

SCHEMA = journey_schema()
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "boolean": bool,
}
KEYWORDS = {
    "$ref", "$schema", "$defs", "title", "description", "type", "enum", "const", "anyOf",
    "pattern", "minimum", "maximum", "minItems", "minProperties", "required", "items",
    "properties", "additionalProperties", "propertyNames",
}  # fmt: skip


def valid(value: Any, schema: dict[str, Any]) -> bool:
    """Enough of draft 2020-12 for the keywords that this schema uses."""
    assert schema.keys() <= KEYWORDS
    if "$ref" in schema:
        return valid(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    if "anyOf" in schema and not any(valid(value, each) for each in schema["anyOf"]):
        return False
    if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    return _typed(value, schema) if "type" in schema else True


def _typed(value: Any, schema: dict[str, Any]) -> bool:
    kind = schema["type"]
    if not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool)):
        return False
    if kind == "string":
        return re.search(schema.get("pattern", ""), value) is not None
    if kind == "number":
        return schema.get("minimum", 0) <= value <= schema.get("maximum", value)
    if kind == "array":
        enough = len(value) >= schema.get("minItems", 0)
        return enough and all(valid(each, schema.get("items", {})) for each in value)
    return kind != "object" or _object(value, schema)


def _object(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    if any(key not in value for key in schema.get("required", ())):
        return False
    if len(value) < schema.get("minProperties", 0):
        return False
    if not all(valid(key, schema.get("propertyNames", {})) for key in value):
        return False
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
    return all(
        valid(inner, properties[key])
        if key in properties
        else rest is not False and valid(inner, rest)
        for key, inner in value.items()
    )


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"].endswith("2020-12/schema")


WAIT = {"any": [{"event": "X", "where": {"a": {"gte": 1}}, "then": "end"}, {"if": VIP}]}


@pytest.mark.parametrize(
    "document",
    [
        parse(CART).raw,
        raw(),
        raw({"id": "a", "wait_for": {**WAIT, "timeout": "never", "since": "entry"}}),
        raw({"id": "a", "wait_for": {"if": VIP, "timeout": "2d"}}),
        raw({"id": "a", "wait": {"until": "09:00", "on": ["mon"]}}),
        raw({"id": "a", "wait": {"window": "22:00-06:00"}}),
        raw({"id": "a", "wait": {"date": "born", "offset": "-1d", "at": "10:00"}}),
        raw({"id": "a", "branch": [{"if": {"not": {"all": [DE, {"any": []}]}}}], "else": "end"}),
        raw({"id": "a", "send": {**MAIL, "data": {}, "variants": {"A": {"subject": "x"}}}}),
        raw(
            {"id": "a", "send": {"channel": ["push", "sms"], "fallback": "email", "template": "t"}}
        ),
        raw(
            {"id": "a", "update": {"set": {"x": [1]}, "unset": "y", "subscribe": {"channel": "e"}}}
        ),
        raw({"id": "a", "leave": "x"}),
        raw(enter={"on": [{"cron": "* * * * *"}, {"api": True}, {"stage": "growth"}]}),
        raw(enter={"on": {"schedule": "2026-12-01T10:00", "local": True}, "again": "always"}),
        raw(mail("a", then="end"), leave={"if": VIP}, topic="news", priority=7.5),
    ],
)
def test_what_the_parser_reads_is_valid(document: dict[str, Any]) -> None:
    parse(document)
    assert valid(document, SCHEMA)


@pytest.mark.parametrize(
    "document",
    [
        raw(titel="x"),
        raw(journey="A b"),
        raw(**{"class": "both"}),
        raw(priority=101),
        raw(steps=[]),
        raw(enter={}),
        raw(enter={"on": {"api": False}}),
        raw(enter={"on": {"event": "X", "api": True}}),
        raw(enter={"on": {"event": "X"}, "again": {"after": "7"}}),
        raw({"wait": "1h"}),
        raw({"id": "a"}),
        raw({"id": "a", "wait": "1h", "leave": "x"}),
        raw({"id": "a", "wait": {"until": "25:00"}}),
        raw({"id": "a", "wait": {"date": "born", "if_past": "maybe"}}),
        raw({"id": "a", "wait_for": {"any": []}}),
        raw({"id": "a", "branch": [{"then": "end"}]}),
        raw({"id": "a", "branch": [{"if": {"attribut": "x"}}]}),
        raw({"id": "a", "split": [{"arm": "A", "share": "x"}]}),
        raw({"id": "a", "send": {"subject": "x"}}),
        raw({"id": "a", "send": {**MAIL, "variants": {"A": {"channel": "sms"}}}}),
        raw(
            {
                "id": "a",
                "wait_for": {"any": [{"event": "X", "where": {"a": {"like": 1}}}], "timeout": "1d"},
            }
        ),
        [],
    ],
)
def test_what_may_not_be_published_for_its_form_is_invalid(document: Any) -> None:
    assert not valid(document, SCHEMA)
