"""The page of reliability says what its figures say, and every test of it has its words there."""

import ast
from pathlib import Path

from tests.crash.chapters import CHAPTERS
from tests.crash.figures import kept
from tests.crash.page import FIGURES, PAGE, page
from tests.docs.pages import REPOSITORY


def recorded() -> set[str]:
    """The tests of faults that keep figures."""
    trees = [
        ast.parse(path.read_text(encoding="utf8"))
        for path in (REPOSITORY / "tests" / "crash").glob("test_*.py")
    ]
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and "figures" in {each.arg for each in node.args.args}
    }


def test_the_page_is_what_the_figures_say() -> None:
    written = Path(PAGE).read_text(encoding="utf8")
    assert written == page(kept(FIGURES)), (
        "run python -m tests.crash.page and commit what it writes"
    )


def test_every_fault_is_explained_and_no_other() -> None:
    assert recorded() == set(CHAPTERS)


def test_no_kept_figure_is_of_a_test_that_is_gone() -> None:
    assert {name.partition("[")[0] for name in kept(FIGURES).tests} <= set(CHAPTERS)
