"""The pages of docs/reference, built from the tables that the code runs by. Text in, text out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import override

from channels.core.message import OUTCOMES, STATUSES
from channels.core.receipt import KINDS as RECEIPTS
from config import reference_words as words
from config.roles import LOOKING, ROLES
from journeys.admin.words import DECISIONS
from journeys.core.problem import CODES
from journeys.core.schema import journey_schema
from journeys.core.steps import KINDS as STEPS
from journeys.core.triggers import SCHEMAS as TRIGGERS
from profiles.admin.words import GHOSTS, REASONS
from profiles.core.conditions.parse import GROUPS
from profiles.core.conditions.parse import KINDS as CONDITIONS
from profiles.core.conditions.vocabulary import AGGREGATES, OF_A_PROPERTY, OPERATORS
from profiles.core.events import SYSTEM_NAMES
from profiles.core.stages import LOST_STAGES, RULES, STAGES

MADE = "<!-- Made by `manage.py reference`; change the code's tables, not this page. -->"
DEFINED = {
    "step": "step",
    "trigger": "trigger",
    "duration": "duration",
    "target": "step id or `end`",
    "where": "clauses",
    "condition": "condition",
}

Row = tuple[str, ...]


def pages() -> dict[str, str]:
    """Every page by its file name."""
    with override("en"):
        found = {
            "journey.md": _journey(),
            "conditions.md": _conditions(),
            "events.md": _events(),
            "messages.md": _messages(),
            "decisions.md": _decisions(),
            "lifecycle.md": _lifecycle(),
            "roles.md": _roles(),
        }
    return {name: f"{MADE}\n\n{text}" for name, text in found.items()}


def _roles() -> str:
    rows = [(f"`{role}`", ", ".join(f"`{name}`" for name in ROLES[role])) for role in ROLES]
    looks = ", ".join(f"`{name}`" for name in LOOKING)
    return _page([
        "# Roles",
        f"Every role may look at {looks}. Names are Django's: `app.right_table`.",
        _markdown(("role", "may besides"), rows),
    ])  # fmt: skip


def _journey() -> str:
    schema = journey_schema()
    schema["properties"]["enter"]["properties"]["on"] = _many({"$ref": "trigger"})
    keys = _rows(schema["properties"], schema["required"])
    parts = ["# The journey document", _table("key", keys, words.JOURNEY), "## Triggers"]
    found = [row for kind, keys in TRIGGERS.items() for row in _under(kind, keys)]
    parts += [_table("in `enter.on`", found, words.TRIGGERS), "## Steps"]
    parts.append("Every step has an `id`, and may have `then`: where to go, if not to the next.")
    for kind, each in STEPS.items():
        rows = _rows(each.schema, [kind])
        parts += [f"### {kind}", _table("key", rows, words.STEPS)]
    problems = [(code, severity) for code, severity in CODES.items()]
    parts += ["## What a check finds", _table("code", problems, words.PROBLEMS, second="severity")]
    return _page(parts)


def _many(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _under(kind: str, keys: Mapping[str, Any]) -> Iterator[Row]:
    """A trigger's own key, then the keys beside it."""
    for row in _rows(keys, [kind]):
        yield row if row[0] == kind else (f"{kind}.{row[0]}", row[1])


def _rows(keys: Mapping[str, Any], required: Iterable[str], above: str = "") -> Iterator[Row]:
    """(path, form) of every key, those of mappings and of lists of mappings included."""
    for key, schema in keys.items():
        path = f"{above}{key}"
        inner, item = _inner(schema), _inner(schema.get("items", {}))
        if inner:
            yield from _rows(inner, schema.get("required", ()), f"{path}.")
        elif item:
            yield from _rows(item, schema["items"].get("required", ()), f"{path}[].")
        else:
            yield path, _form(schema) + (", required" if key in required else "")


def _inner(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema.get("properties", {})
    return found


def _form(schema: Mapping[str, Any]) -> str:
    """What a value looks like, in a few words."""
    word = next((word for word in FORMS if word in schema), "")
    return FORMS[word](schema) if word else TYPES.get(schema.get("type", ""), "value")


def _either(schema: Mapping[str, Any]) -> str:
    """A form and a list of the same are said once."""
    one, *others = schema["anyOf"]
    if [each.get("items") for each in others] == [one]:
        return f"{_form(one)}, or a list"
    return " or ".join(dict.fromkeys(_form(each) for each in schema["anyOf"]))


def _range(schema: Mapping[str, Any]) -> str:
    if "maximum" not in schema:
        return f"whole number from {schema['minimum']}"
    return f"number {schema['minimum']}–{schema['maximum']}"


FORMS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "$ref": lambda schema: DEFINED[schema["$ref"].rpartition("/")[2]],
    "enum": lambda schema: " or ".join(f"`{value}`" for value in schema["enum"]),
    "const": lambda schema: f"`{str(schema['const']).lower()}`",
    "anyOf": _either,
    "properties": lambda schema: "`{" + ", ".join(schema["properties"]) + "}`",
    "items": lambda schema: f"list of {_form(schema['items'])}s",
    "minimum": _range,
}
"""How each word of JSON Schema is read to a person; the first that a schema has."""

TYPES = {"string": "text", "boolean": "`true` or `false`", "object": "mapping"}


def _conditions() -> str:
    kinds = [(name, "") for name in GROUPS]
    kinds += [(name, _beside(name, kind.keys)) for name, kind in CONDITIONS.items()]
    operators = [(name, words.WANTED[wanted]) for name, wanted in OPERATORS.items()]
    aggregates = [
        (name, ("of a property; " if name in OF_A_PROPERTY else "") + _codes(allowed))
        for name, allowed in AGGREGATES.items()
    ]
    return _page([
        "# Conditions",
        "One language for audiences, branches, leave rules and waits.",
        _table("condition", kinds, words.CONDITIONS, second="with"),
        "## Operators",
        "They compare attributes, the properties of events under `where`, and what is measured.",
        _table("operator", operators, words.OPERATORS, second="compares with"),
        "## Measures of events",
        "`{event: NAME}` alone means at least once.",
        _table("measure", aggregates, words.AGGREGATES, second="understands"),
    ])  # fmt: skip


def _beside(name: str, keys: Iterable[str]) -> str:
    """The keys that a condition has beside its own, operators and measures as one word."""
    own = [key for key in sorted(keys) if key not in {name, *OPERATORS, *AGGREGATES}]
    own = [f"`{key}`" for key in own]
    if set(AGGREGATES) <= set(keys):
        return ", ".join([*own, "a measure"])
    return ", ".join([*own, "an operator"] if set(OPERATORS) <= set(keys) else own)


def _events() -> str:
    own = [name for name in words.EVENTS if name in SYSTEM_NAMES]
    every = "message, enrollment, journey, version, step, visit, arm, channel"
    rows = [
        (name, words.EVENTS[name][0], words.EVENTS[name][1].replace("*", "those above"))
        for name in own
    ]
    return _page([
        "# Events that Sojourn writes",
        f"Every `message.*` event has {_codes(every.split(', '))}.",
        _markdown(("event", "means", "properties"), rows),
    ])  # fmt: skip


def _messages() -> str:
    return _page([
        "# Messages",
        "## Status",
        _listing("status", STATUSES),
        "## Receipts",
        _listing("receipt", RECEIPTS),
        "## Outcomes of an attempt",
        _listing("outcome", OUTCOMES),
        "## Reasons",
        "Why a message was skipped, withheld or failed, or a customer left.",
        _listing("reason", REASONS),
    ])  # fmt: skip


def _decisions() -> str:
    return _page([
        "# Decisions",
        "Each thing that happened to a customer in a journey leaves a row with one of these codes.",
        _listing("code", DECISIONS),
        "## Control groups",
        _listing("ghost", GHOSTS),
    ])  # fmt: skip


def _lifecycle() -> str:
    rules = [(stage, rule.segment) for stage in STAGES for rule in RULES if rule.stage == stage]
    return _page([
        "# Lifecycle",
        "The rules stand in [measurement](../measurement.md#lifecycle).",
        _markdown(("stage", "segment"), [(f"`{a}`", f"`{b}`") for a, b in dict.fromkeys(rules)]),
        "## Lost stages",
        _listing("lost stage", LOST_STAGES),
    ])  # fmt: skip


def _table(first: str, rows: Iterable[Row], meanings: Mapping[str, Any], second: str = "is") -> str:
    """Rows with their meanings. Raises KeyError where a table has a key without one."""
    found = [(f"`{row[0]}`", *row[1:], str(meanings[row[0]])) for row in rows]
    head = (first, second, "means") if found and len(found[0]) == 3 else (first, "means")
    return _markdown(head, found)


def _listing(first: str, meanings: Mapping[Any, Any]) -> str:
    return _markdown((first, "means"), [(f"`{key}`", str(said)) for key, said in meanings.items()])


def _markdown(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
