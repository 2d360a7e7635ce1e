"""The reference pages say what the code does: none is stale, no word is without its thing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config import reference_words as words
from config.management.commands import reference as command
from config.reference import pages
from journeys.admin.words import DECISIONS
from journeys.core.decisions import TRACES
from journeys.core.entry import Code
from profiles.core.events import SYSTEM_NAMES
from tests.docs.pages import REFERENCE

TABLES = {
    "journey.md": (words.JOURNEY, words.TRIGGERS, words.STEPS, words.PROBLEMS),
    "conditions.md": (words.CONDITIONS, words.OPERATORS, words.AGGREGATES),
}


@pytest.mark.parametrize("name", pages())
def test_a_page_is_as_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf8") == pages()[name], (
        "run manage.py reference and commit what it writes"
    )


def test_the_command_tells_what_is_stale(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("reference", check=True, stdout=StringIO())
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    with pytest.raises(CommandError, match=r"conditions\.md"):
        call_command("reference", check=True, stdout=StringIO())


@pytest.mark.parametrize("name", TABLES)
def test_every_word_stands_on_its_page(name: str) -> None:
    page = pages()[name]
    absent = [key for table in TABLES[name] for key in table if f"| `{key}` |" not in page]
    assert absent == []


def test_every_event_that_sojourn_writes_is_explained() -> None:
    assert words.EVENTS.keys() | words.RESERVED == SYSTEM_NAMES


def test_every_decision_has_words() -> None:
    refusals = {f"refused_{code}" for code in Code.__args__} - {  # type: ignore[attr-defined]
        "refused_entered",
        "refused_global",
        "refused_holdout",
    }
    assert {*TRACES, *refusals} <= DECISIONS.keys()
