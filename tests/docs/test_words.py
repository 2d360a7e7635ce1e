"""One thing has one name: what the code keeps is in the glossary, what it reads in the settings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

from channels.operations.accounts import SEEDS
from journeys.core.steps import KINDS
from tests.architecture.tree import HOUSES, calls, modules, parsed
from tests.docs.pages import read

READERS = {"str", "bool", "int", "float", "list", "percent"}
SETTING = re.compile(r"[A-Z][A-Z_]{3,}")


def defined() -> set[str]:
    """The words of the glossary's first column, in small letters."""
    rows = re.findall(r"^\| ([^|]+) \|", read(Path("docs/glossary.md")), re.MULTILINE)
    return {word.strip().lower() for row in rows for word in re.split(r"[,(]", row)}


def test_every_table_is_in_the_glossary() -> None:
    names = [
        re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()
        for house in HOUSES[1:]
        for model in apps.get_app_config(house).get_models()
    ]
    assert set(names) - defined() == set()


def test_every_step_is_in_the_glossary() -> None:
    (row,) = re.findall(r"^\| Step \| (.+) \|$", read(Path("docs/glossary.md")), re.MULTILINE)
    assert set(re.findall(r"\w+", row.partition(":")[2])) == set(KINDS)


def settings_read() -> Iterator[str]:
    """The environment variables that the wiring reads."""
    for path in modules(*HOUSES):
        for name, call in calls(parsed(path)):
            first = call.args[0] if call.args else None
            reads = name in READERS or any(each.arg == "default" for each in call.keywords)
            named = isinstance(first, ast.Constant) and SETTING.fullmatch(str(first.value))
            if reads and named:
                yield named[0]


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    page = read(Path("docs/settings.md"))
    told = set(re.findall(rf"`({SETTING.pattern})`", page)) - {"WARNING"}
    seeds = {name for each in SEEDS for name in (*each.required, each.sender, *each.options)}
    assert told == {*settings_read(), *seeds} - {""}
