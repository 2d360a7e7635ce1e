"""Numbers of the environment have bounds, and what is beyond them stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import number


@pytest.mark.parametrize("given", [1, 256])
def test_the_bounds_themselves_are_taken(monkeypatch: pytest.MonkeyPatch, given: int) -> None:
    monkeypatch.setenv("SOJOURN_SEND_THREADS", str(given))
    assert number("SOJOURN_SEND_THREADS", default=64, least=1, most=256) == given


def test_without_one_it_is_the_usual() -> None:
    assert number("SOJOURN_OF_NOBODY", default=64, least=1, most=256) == 64


@pytest.mark.parametrize("given", [0, 257, -1])
def test_beyond_them_is_said_with_the_remedy(monkeypatch: pytest.MonkeyPatch, given: int) -> None:
    monkeypatch.setenv("SOJOURN_SEND_THREADS", str(given))
    with pytest.raises(ImproperlyConfigured, match="give a number from 1 to 256"):
        number("SOJOURN_SEND_THREADS", default=64, least=1, most=256)
