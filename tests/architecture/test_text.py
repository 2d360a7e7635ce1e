"""What the repository says, it says of itself: no hosts of packages, no machines, no trackers."""

import re
from collections.abc import Iterator

import pytest

from tests.architecture.tree import REPOSITORY, files

HERE = "tests/architecture/test_text.py"
LIBRARIES = ("config/demo/cdnow_sample.csv", "LICENSE", "tests/naughty/blns.json")
BUILT = (
    "journeys/static/journeys/editor/",
    "channels/static/channels/editor/",
    "config/static/charts/",
)
"""What builds make of our sources and of libraries."""
READABLE = {
    *(".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".txt", ".po", ".json"),
    *(".sql", ".cfg", ".ini", ".service", ".mjml", ""),
}

FORBIDDEN = {
    "a package host": r"pythonhosted|pypi\.org|npmjs\.|yarnpkg\.com|/simple/|index-url|find-links",
    "a lock file of another tool": r"^uv\.lock$",
    "a machine's path": r"/(?:home|Users|work|root)/\w|/tmp/\w+/\w+\.(?:md|py)|[A-Z]:\\\\",
    "a number of an issue": r"(?i)(?<![\w&'\"(/])#\d{1,5}\b(?![\w;-])|\b(?:issue|PR|ticket) ?#?\d+",
    "work left open": r"\b(?:TODO|FIXME|XXX|HACK)\b",
}


def sentences() -> Iterator[tuple[str, int, str]]:
    for path in files():
        name = str(path.relative_to(REPOSITORY))
        ours = name not in (HERE, *LIBRARIES) and not name.startswith(BUILT)
        if path.suffix in READABLE and ours:
            for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1):
                yield name, number, line


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name}:{number} {line}" for name, number, line in sentences() if pattern.search(line)
    ]
    assert found == []
