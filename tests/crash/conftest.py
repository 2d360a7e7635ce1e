"""Installations to be maltreated, with a provider whose lists settle within seconds."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.acceptance.installation import Installation
from tests.crash.provider import Kind, Provider, running

Ground = tuple[Installation, Provider]


class Maker(Protocol):
    """Starts both; `delay` is how long the provider takes for each answer."""

    def __call__(self, kind: Kind, *, delay: float) -> AbstractContextManager[Ground]: ...


@pytest.fixture
def ground(tmp_path: Path) -> Maker:
    @contextmanager
    def make(kind: Kind, *, delay: float) -> Iterator[Ground]:
        with (
            running(kind, tmp_path, delay=delay) as provider,
            Installation(**provider.variables()) as shop,
        ):
            shop.configure(kind.name, settle_seconds="2")
            yield shop, provider

    return make
