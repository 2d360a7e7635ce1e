"""The secret that signs calls: given or derived, checked at start, printed for receivers."""

import base64
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from config.env import signing_secrets

GIVEN = f"whsec_{base64.b64encode(b'g' * 24).decode()}"


def test_without_one_it_follows_from_the_secret_key() -> None:
    (one,), (other,) = signing_secrets([], derived_from="a"), signing_secrets([], derived_from="b")
    assert one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32
    assert signing_secrets([], derived_from="a") == [one] != [other]


def test_those_that_are_given_sign_in_their_order() -> None:
    other = f"whsec_{base64.b64encode(b'o' * 64).decode()}"
    assert signing_secrets([GIVEN, other], derived_from="a") == [GIVEN, other]


@pytest.mark.parametrize("wrong", ["secret", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "whsec_ä"])
def test_what_is_none_stops_the_start(wrong: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="24 to 64 bytes"):
        signing_secrets([GIVEN, wrong], derived_from="a")


def test_the_command_prints_them(settings: Any) -> None:
    settings.SOJOURN_CALL_SECRETS = [GIVEN, "whsec_other"]
    out = StringIO()
    call_command("call_secret", stdout=out)
    assert out.getvalue().split() == [GIVEN, "whsec_other"]
