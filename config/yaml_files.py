"""The YAML files of a folder: found, and read as they are."""

from collections.abc import Iterable
from pathlib import Path

from django.utils.translation import gettext as _

from journeys.core import source
from journeys.core.problem import DocumentError, Problem

FILES = "*.yaml"
TESTS = ".test.yaml"


class NoFiles(ValueError):
    """Nothing to work on; the message says what was looked for."""


def listed(paths: Iterable[str]) -> list[Path]:
    """The files given, and those of the folders given. Raises NoFiles for a path that is none."""
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            found |= dict.fromkeys(sorted(path.glob(FILES)))
        elif path.is_file():
            found[path] = None
        else:
            raise NoFiles(_("There is no file or folder %(path)s.") % {"path": path})
    return list(found)


def text_of(path: Path) -> str:
    """The text as it is, line ends included. Raises DocumentError."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        message = "This is not text in UTF-8; save it as UTF-8."
        raise DocumentError([Problem("", "syntax", message, line=1)]) from error


def is_segment(path: Path) -> bool:
    """Whether the file names a segment; what cannot be read is taken for a journey."""
    try:
        found = source.read(text_of(path)).value
    except DocumentError:
        return False
    return isinstance(found, dict) and "segment" in found and "journey" not in found
