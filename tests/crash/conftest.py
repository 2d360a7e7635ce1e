"""Installations to be maltreated, with a provider whose lists settle within seconds; what each test
has counted is kept for the page about it.
"""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.acceptance.installation import Installation
from tests.crash.figures import Entry, Figures, keep, load, today
from tests.crash.provider import Kind, Provider, running

Ground = tuple[Installation, Provider]
NONE: Mapping[str, str] = {}


class Maker(Protocol):
    """Starts both; `delay` is how long the provider takes for each answer. `up` gets the provider's
    variables and those given.
    """

    def __call__(
        self,
        kind: Kind,
        *,
        delay: float,
        made: type[Installation] = Installation,
        given: Mapping[str, str] = NONE,
    ) -> AbstractContextManager[Ground]: ...


@pytest.fixture
def ground(tmp_path: Path) -> Maker:
    @contextmanager
    def make(
        kind: Kind,
        *,
        delay: float,
        made: type[Installation] = Installation,
        given: Mapping[str, str] = NONE,
    ) -> Iterator[Ground]:
        with (
            running(kind, tmp_path, delay=delay) as provider,
            made(**{**provider.variables(), **given}) as shop,
        ):
            shop.configure(kind.name, settle_seconds="2")
            yield shop, provider

    return make


PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, metavar="FILE", help="keep there what tests count")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and not report.skipped:
        item.stash[PASSED] = bool(report.passed)
    return report


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """What the test counts; kept under its name, whether it passes or not."""
    counted: Figures = {}
    before, born = load(), time.monotonic()
    yield counted
    path = request.config.getoption("--figures", default=None)
    print(counted)
    if path is not None and PASSED in request.node.stash:
        entry = Entry(
            passed=request.node.stash[PASSED],
            date=today(),
            load=before,
            seconds=round(time.monotonic() - born, 1),
            figures=counted,
        )
        keep(path, request.node.name, entry)
