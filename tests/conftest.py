"""Which tests share a process of xdist: those that start one installation for all of them.

Marks for groups are not enough: xdist hands them on in names that newer versions of pytest drop.
"""

from typing import Any

import pytest

TOGETHER = ("tests/acceptance/",)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One test after the other, wherever there is room; the tests of a folder in one place."""
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)

    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None
