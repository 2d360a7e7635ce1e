"""The pages of the documentation, and what stands in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(REPOSITORY)
    for path in (*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"))
)
REFERENCE = REPOSITORY / "docs" / "reference"

_FENCE = re.compile(r"^```(\w+)? ?(\w+)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
_INDENTED = re.compile(r"(?:^    .*\n?(?:^\n(?=^    ))?)+", re.MULTILINE)


class Example(NamedTuple):
    """A fenced block: where it stands, its language, a word more, its text."""

    page: str
    line: int
    language: str
    word: str
    text: str


def read(page: Path) -> str:
    return (REPOSITORY / page).read_text(encoding="utf8")


def examples(language: str) -> Iterator[Example]:
    for page in PAGES:
        text = read(page)
        for found in _FENCE.finditer(text):
            if found[1] == language:
                line = text.count("\n", 0, found.start()) + 1
                yield Example(str(page), line, language, found[2] or "", found[3])


def links(page: Path) -> Iterator[str]:
    """Where the page leads to; not what stands in its examples."""
    yield from _LINK.findall(_FENCE.sub("", read(page)))


def commands(section: str) -> list[str]:
    """The indented blocks below a heading of the README."""
    text = read(Path("README.md")).partition(f"## {section}\n")[2].partition("\n## ")[0]
    blocks = _INDENTED.findall(text)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as its readers' sites make them."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", read(page)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.strip().replace(" ", "-") for title in plain}
