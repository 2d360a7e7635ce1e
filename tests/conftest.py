"""Which tests share a process of xdist, those that share something costly; and what becomes of rows
that a test committed.

Marks for groups are not enough: xdist hands them on in names that newer versions of pytest drop.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from tests.emptying import empty_tables
from tests.hurry import PATIENCE, take_time

take_time()

TOGETHER = ("tests/acceptance/", "tests/architecture/test_code.py", "tests/benchmarks/")
LONG = (
    "tests/benchmarks/", "tests/model/", "tests/config/test_demo.py",
    "tests/scenarios/test_one_step_or_many.py", "tests/admin/test_roles.py", "tests/acceptance/",
    "tests/browser/test_a", "tests/config/", "tests/browser/", "tests/crash/",
)  # fmt: skip
"""Begun first, the longest before all, so that no process ends with one long test while the others
have nothing to do.
"""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return next((at for at, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG))


@pytest.fixture(scope="session", autouse=True)
def patient_product() -> Iterator[None]:
    """What it gives up after a while takes longer here than any machine stands still."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PATIENCE.items():
            patch.setattr(name, value)
        yield


@pytest.fixture(autouse=True)
def in_our_language() -> Iterator[None]:
    """A reader of another language, in one test, is not the reader of the next."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Threads that outlive their test do not keep the database from being dropped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One test after the other, wherever there is room; some of one folder or file in one place."""
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)

    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None
