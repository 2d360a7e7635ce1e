"""Installations to be maltreated, with a provider whose lists settle within seconds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation
from tests.crash.provider import Kind, Provider, running

Ground = tuple[Installation, Provider]
Maker = Callable[[Kind], AbstractContextManager[Ground]]


@pytest.fixture
def ground(tmp_path: Path) -> Maker:
    @contextmanager
    def make(kind: Kind) -> Iterator[Ground]:
        with (
            running(kind, tmp_path, delay=0.02) as provider,
            Installation(**provider.variables()) as shop,
        ):
            shop.configure(kind.name, settle_seconds="2")
            yield shop, provider

    return make
