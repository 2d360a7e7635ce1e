"""Tables for spreadsheets: no text in them is a formula, and each can be read back."""

import csv
import io
import re
from pathlib import Path

from profiles.core.cells import FORMULA, cell
from tests.architecture.tree import REPOSITORY
from tests.naughty import ALL


def test_no_naughty_text_is_a_formula_and_each_comes_back() -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([cell(text), cell(f" {text}")] for text in ALL)
    rows = list(csv.reader(io.StringIO(file.getvalue(), newline="")))
    assert len(rows) == len(ALL)
    for text, (kept, spaced) in zip(ALL, rows, strict=True):
        assert kept.removeprefix("'") == text.removeprefix("'")
        assert not kept.lstrip(" ").startswith(FORMULA)
        assert not spaced.lstrip(" ").startswith(FORMULA)


def test_what_is_no_formula_is_left_as_it_is() -> None:
    assert [cell(text) for text in ("ann", "", "a=b", "1+1", "'x")] == [
        "ann",
        "",
        "a=b",
        "1+1",
        "'x",
    ]
    assert [cell(text) for text in ("=1", "-1", "+1", "@a", " =1")] == [
        "'=1", "'-1", "'+1", "'@a", "' =1",
    ]  # fmt: skip


def test_every_table_of_ours_is_written_through_it() -> None:
    writers = [
        path
        for house in ("config", "journeys", "channels", "profiles")
        for path in Path(REPOSITORY / house).rglob("*.py")
        if re.search(r"csv\.(?:writer|DictWriter)", text := path.read_text(encoding="utf8"))
        and "cell" not in text
    ]
    assert writers == []
