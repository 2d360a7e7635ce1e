"""Somebody's authenticator app, and the clocks of two-factor sign-in, which stand until a test
moves them.
"""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import hotp
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import second_factor

PAGE = "/admin/two_factor/"
PASSWORD = "correct horse battery"
STEP = 30


class Watch:
    """What time it is for codes, and for how long guesses are slowed down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 1_800_000_000
        clock = SimpleNamespace(now=lambda: dt.datetime.fromtimestamp(self.at, dt.UTC))
        seconds = SimpleNamespace(time=lambda: float(self.at))
        monkeypatch.setattr("django_otp.plugins.otp_totp.models.time", seconds)
        monkeypatch.setattr("django_otp.models.timezone", clock)
        monkeypatch.setattr("config.second_factor.timezone", clock)

    def passes(self, seconds: int) -> None:
        self.at += seconds

    def code(self, user: User) -> str:
        """What the user's app shows, confirmed or not."""
        key = TOTPDevice.objects.filter(user=user).latest("id").bin_key
        return f"{hotp(key, self.at // STEP):06d}"

    def next_code(self, user: User) -> str:
        self.passes(STEP)
        return self.code(user)

    def wrong(self, user: User) -> str:
        """Six digits that are not the code."""
        right = self.code(user)
        return right[:-1] + str((int(right[-1]) + 5) % 10)

    def turn_on(self, user: User) -> list[str]:
        """The user has set it up; answers the recovery codes."""
        second_factor.begin(user)
        _app, codes = second_factor.confirm(user, self.code(user))
        self.passes(STEP)
        return codes


def somebody(name: str, *, superuser: bool = True) -> User:
    return User.objects.create_user(name, password=PASSWORD, is_staff=True, is_superuser=superuser)


def with_password(user: User) -> Client:
    """The password was given, the second factor was not."""
    client = Client()
    given = {"username": user.username, "password": PASSWORD}
    answer = client.post("/admin/login/?next=/admin/health/", given)
    assert answer["Location"] == "/admin/health/"
    return client
