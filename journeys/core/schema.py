"""The JSON Schema of a journey document, put together from the tables that the parser reads."""

from __future__ import annotations

from typing import Any

from journeys.core.document import PURPOSES
from journeys.core.limits import SCHEMA as LIMITS
from journeys.core.steps import KINDS
from journeys.core.triggers import SCHEMAS
from profiles.core.conditions.parse import GROUPS
from profiles.core.conditions.parse import KINDS as CONDITIONS
from profiles.core.conditions.vocabulary import OPERATORS
from profiles.core.stages import STAGES

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_DURATION = {"$ref": "#/$defs/duration"}
_CONDITION = {"$ref": "#/$defs/condition"}
_WATCHED = {"event": _TEXT, "where": {"$ref": "#/$defs/where"}}


def journey_schema() -> dict[str, Any]:
    """The schema as plain data (draft 2020-12). What it accepts has the right form and may still be
    refused at publish.
    """
    return {
        "$schema": DRAFT,
        "title": "Journey",
        **_object(
            {
                "journey": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
                "title": _TEXT,
                "class": {"enum": list(PURPOSES)},
                "stage": {"enum": list(STAGES)},
                "priority": {"type": "number", "minimum": 0, "maximum": 100},
                "topic": _TEXT,
                "enter": _enter(),
                "leave": _object({"on": _many(_object(_WATCHED, ["event"])), "if": _CONDITION}),
                "goal": _object({**_WATCHED, "within": _DURATION, "value": _TEXT}, ["event"]),
                "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}, "minItems": 1},
            },
            ["journey", "enter", "steps"],
        ),
        "$defs": _definitions(),
    }


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    return {**found, "required": required} if required else found


def _many(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _enter() -> dict[str, Any]:
    triggers = [_object(dict(keys), [kind]) for kind, keys in SCHEMAS.items()]
    again = _object({"after": _DURATION}, ["after"])
    return _object(
        {
            "on": _many({"anyOf": triggers}),
            "if": _CONDITION,
            "key": _TEXT,
            "again": {"anyOf": [{"enum": ["never", "always"]}, again]},
            "holdout": {"type": "number", "minimum": 0, "maximum": 100},
            "limits": {**_object(dict(LIMITS)), "minProperties": 1},
        },
        ["on"],
    )


def _definitions() -> dict[str, Any]:
    return {
        "duration": {"type": "string", "pattern": "^[0-9]{1,12}[smhdw]$"},
        "target": {"type": "string", "description": "The id of a step, or end."},
        "where": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"enum": list(OPERATORS)},
            },
        },
        "condition": {"anyOf": [*_groups(), *_leaves()]},
        "step": {"anyOf": _steps()},
    }


def _groups() -> list[dict[str, Any]]:
    many = {"type": "array", "items": _CONDITION}
    return [_object({name: _CONDITION if name == "not" else many}, [name]) for name in GROUPS]


def _leaves() -> list[dict[str, Any]]:
    return [
        _object({key: {} for key in sorted(kind.keys)}, [name]) for name, kind in CONDITIONS.items()
    ]


def _steps() -> list[dict[str, Any]]:
    common = {"id": _TEXT, "then": {"$ref": "#/$defs/target"}}
    return [_object({**common, **kind.schema}, ["id", name]) for name, kind in KINDS.items()]
