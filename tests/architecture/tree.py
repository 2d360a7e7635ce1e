"""The checkout as data: its files and its modules, parsed."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HOUSES = ("config", "journeys", "channels", "profiles")
OURS = (*HOUSES, "tests", "benchmarks", "docs")
ELSEWHERE = {
    *(".git", ".venv", ".state", ".hypothesis", "__pycache__", "node_modules", "build", "dist"),
    *("htmlcov", "staticfiles"),
}
"""Folders of the checkout that belong to tools."""


def files(top: Path = REPOSITORY) -> Iterator[Path]:
    """Every file that is kept in the repository."""
    for folder, names, found in os.walk(top):
        names[:] = sorted(
            name
            for name in names
            if name not in ELSEWHERE and not name.endswith(("_cache", ".egg-info"))
        )
        yield from (
            Path(folder, name) for name in sorted(found) if not name.startswith(".coverage")
        )


def modules(*tops: str) -> list[Path]:
    """The Python modules below these folders, as paths from the checkout; no migrations."""
    found = (path.relative_to(REPOSITORY) for top in tops for path in files(REPOSITORY / top))
    return [path for path in found if path.suffix == ".py" and "migrations" not in path.parts]


@cache
def parsed(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse((REPOSITORY / path).read_text(encoding="utf8"), str(path))


def dotted(path: Path) -> str:
    """The name under which a module is imported."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of the name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield called.attr, node
            elif isinstance(called, ast.Name):
                yield called.id, node


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
