"""How the code is written: nothing hidden, no row-by-row work on the path, within the budgets."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.tree import HOUSES, OURS, calls, imported, modules, parsed

FUNCTION_LINES, NESTING = 30, 3
FILE_LINES, LARGE_FILE_LINES = 300, 400
LARGE = {"tests", "models", "admin"}
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
EMPTY_WORDS = re.compile(r"(Manager|Handler|Helper|Utils?|Service|Data|Info)$")

SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")
HIDDEN = {"get_model", "import_module", "__import__", "import_string"}
ROW_BY_ROW = {"executemany", "bulk_create", "bulk_update"}
CHECKS = {"raises", "warns", "fail", "expect"}
A_QUERY_EACH = {"save", "create", "get_or_create", "update_or_create", "delete", "refresh_from_db"}


def inside_loops(tree: ast.AST) -> Iterator[ast.AST]:
    """What is done once for each item of a loop; not what the loop goes over."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While):
            yield from node.body
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            yield node.elt
        elif isinstance(node, ast.DictComp):
            yield from (node.key, node.value)


def test_no_house_listens_to_signals() -> None:
    found = [
        f"{path}: {name}"
        for path in modules(*HOUSES)
        for name in imported(parsed(path))
        if name.startswith(SIGNALS)
    ]
    assert found == []


def test_nothing_is_imported_or_run_by_a_name_that_the_laws_cannot_see() -> None:
    found = [
        f"{path}:{call.lineno} {name}"
        for path in modules(*HOUSES)
        for name, call in calls(parsed(path))
        if name in HIDDEN and str(path) != "channels/adapters/registry.py"
    ]
    assert found == []


def test_operations_write_sets_and_never_row_by_row() -> None:
    found = [
        f"{path}:{call.lineno} {name}"
        for path in modules(*(f"{house}/operations" for house in HOUSES[1:]))
        for name, call in calls(parsed(path))
        if name in ROW_BY_ROW
    ]
    assert found == []


def test_no_operation_saves_objects_in_a_loop() -> None:
    found = [
        f"{path}:{call.lineno} {name}"
        for path in modules(*(f"{house}/operations" for house in HOUSES[1:]))
        for part in inside_loops(parsed(path))
        for name, call in calls(part)
        if name in A_QUERY_EACH and isinstance(call.func, ast.Attribute)
    ]
    assert found == []


def test_files_are_short() -> None:
    found = []
    for path in modules(*OURS):
        lines = len(Path(path).read_text(encoding="utf8").splitlines())
        budget = LARGE_FILE_LINES if LARGE & set(path.parts) else FILE_LINES
        if lines > budget:
            found.append(f"{path}: {lines} lines, the budget is {budget}")
    assert found == []


def test_functions_are_short() -> None:
    found = [
        f"{path}:{node.lineno} {node.name}: {lines(node)} lines, the budget is {FUNCTION_LINES}"
        for path, node in functions()
        if "tests" not in path.parts and lines(node) > FUNCTION_LINES
    ]
    assert found == []


def test_functions_are_flat() -> None:
    found = [
        f"{path}:{node.lineno} {node.name}: nested deeper than {NESTING}"
        for path, node in functions()
        if depth(node) > NESTING
    ]
    assert found == []


def test_every_module_says_its_law() -> None:
    found = [
        str(path)
        for path in modules(*OURS)
        if parsed(path).body and ast.get_docstring(parsed(path)) is None
    ]
    assert found == []


def test_no_class_has_an_empty_name() -> None:
    found = [
        f"{path}: {node.name}"
        for path in modules(*OURS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS.search(node.name)
    ]
    assert found == []


def test_every_test_checks_something() -> None:
    known = checking()
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in functions()
        if "tests" in path.parts and node.name.startswith("test_") and node.name not in known
    ]
    assert found == []


@cache
def functions() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    return [
        (path, node)
        for path in modules(*OURS)
        for node in ast.walk(parsed(path))
        if isinstance(node, FUNCTIONS)
    ]


def lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def depth(node: ast.AST, above: int = 0) -> int:
    """How deep blocks stand in each other; `elif` is no deeper than its `if`."""
    deepest = above
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            continue
        other = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deeper = above + (isinstance(child, BLOCKS) and not other)
        deepest = max(deepest, depth(child, deeper))
    return deepest


def checking() -> set[str]:
    """The names of functions that can fail by what they say, or by what they call."""
    bodies = {node.name: node for path, node in functions() if "tests" in path.parts}
    called = {name: {each for each, _ in calls(node)} for name, node in bodies.items()}
    found = {name for name, node in bodies.items() if _asserts(node)}
    found |= {name for name in called if any(c in CHECKS or "assert" in c for c in called[name])}
    while more := {name for name in called if name not in found and called[name] & found}:
        found |= more
    return found


def _asserts(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Assert) for child in ast.walk(node))
