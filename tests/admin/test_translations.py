"""All that an operator can read exists in Russian, the texts of the theme and of Beat included."""

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import django_celery_beat
import pytest
import unfold
from django.conf import settings
from django.utils import translation
from django.utils.translation import trans_real
from django.utils.translation.template import templatize

from channels.adapters import registry
from channels.queries.templates import LAYOUTS, WORDS
from config.admin.templates import STARTER

FUNCTIONS = ("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy")
OURS = ("config", "journeys", "channels", "profiles", "templates")
TEXT = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
FIELD = re.compile(r'^(msg\w+(?:\[\d\])?) ((?:"(?:[^"\\]|\\.)*"\n?)+)', re.MULTILINE)
CALL = re.compile(rf"\b(?:{'|'.join(FUNCTIONS)})\(\s*({TEXT}(?:\s*{TEXT})*)")


def _in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            text = node.args[0]
            if name in FUNCTIONS and isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def _in_template(path: Path) -> Iterator[str]:
    for call in CALL.finditer(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
        yield ast.literal_eval("(" + re.sub(r"\bu(?=[\"'])", "", call[1]) + ")")


def _texts(*folders: Path) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        for path in folder.rglob("*.py"):
            found.update(_in_python(path))
        for path in folder.rglob("*.html"):
            found.update(_in_template(path))
    return found - {""}


def _missing(texts: set[str]) -> list[str]:
    with translation.override("ru"):
        known: Any = trans_real.catalog()
        return sorted(text for text in texts if not _knows(known._catalog, text))


def _knows(catalog: Any, text: str) -> bool:
    """A text without a plural stands under itself, one with a plural under its forms."""
    return bool(catalog.get(text)) or all(catalog.get((text, form)) for form in range(3))


def test_our_own_texts_are_complete_in_russian() -> None:
    texts = _texts(*(settings.BASE_DIR / name for name in OURS))
    assert len(texts) > 700
    assert _missing(texts) == []


def test_the_layouts_of_templates_are_complete_in_russian() -> None:
    words = {word for path in LAYOUTS.glob("*.yaml") for word in WORDS.findall(path.read_text())}
    assert len(words) > 30
    assert _missing(words | set(WORDS.findall(STARTER))) == []


@pytest.mark.parametrize("package", [unfold, django_celery_beat])
def test_the_texts_we_borrow_are_complete_in_russian(package: Any) -> None:
    folder = Path(package.__file__).parent
    inside = [path for path in folder.iterdir() if path.is_dir() and path.name != "contrib"]
    texts = _texts(*inside) | {text for path in folder.glob("*.py") for text in _in_python(path)}
    assert len(texts) > 50
    assert _missing(texts) == []


def test_the_labels_of_adapters_are_complete_in_russian() -> None:
    names = registry.PROVIDERS
    assert _missing({option.label for name in names for option in registry.options(name)}) == []


def test_nothing_in_the_catalogue_is_marked_as_a_guess() -> None:
    for path in settings.BASE_DIR.glob("**/locale/ru/LC_MESSAGES/django.po"):
        if ".venv" not in path.parts:
            assert "#, fuzzy" not in path.read_text(encoding="utf-8"), path


def test_the_compiled_catalogue_is_that_of_its_source() -> None:
    folder = settings.BASE_DIR / "locale/ru/LC_MESSAGES"
    with (folder / "django.mo").open("rb") as compiled:
        known: Any = GNUTranslations(compiled)
    written = dict(_entries((folder / "django.po").read_text(encoding="utf-8")))
    assert len(written) > 700
    assert {key: value for key, value in known._catalog.items() if key} == written


def test_no_two_catalogues_say_the_same_text_in_different_words() -> None:
    """Of two, one would win everywhere: on the customers' pages as in the admin."""
    known: dict[Any, str] = {}
    for path in sorted(settings.BASE_DIR.glob("*/**/locale/ru/LC_MESSAGES/django.po")):
        if not {".venv", "node_modules"} & set(path.parts):
            known |= dict(_entries(path.read_text(encoding="utf-8")))
    assert known
    path = settings.BASE_DIR / "locale/ru/LC_MESSAGES/django.po"
    ours = dict(_entries(path.read_text(encoding="utf-8")))
    assert {key: ours[key] for key in known.keys() & ours if ours[key] != known[key]} == {}


def _entries(text: str) -> Iterator[tuple[Any, str]]:
    """The keys and values of a catalogue as gettext keeps them."""
    for block in text.split("\n\n"):
        fields = {
            name: "".join(ast.literal_eval(line) for line in lines.splitlines())
            for name, lines in FIELD.findall(block)
        }
        if not fields.get("msgid"):
            continue
        if "msgstr" in fields:
            yield fields["msgid"], fields["msgstr"]
        for form in range(4):
            if f"msgstr[{form}]" in fields:
                yield (fields["msgid"], form), fields[f"msgstr[{form}]"]
