"""A stocked shop and who looks at it: Anna may do all, Vera may look, Nick may only log in.

A module that reads the shop stocks it once and undoes each test's changes. What needs commits of
its own, because the engine reads what is committed, takes `busy_shop` in a module of its own.
It is always the same Monday morning when a test begins: no midnight, no month's end and no change
of the clocks falls into it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from profiles.operations import clock
from tests.admin.shop import furnish, stock
from tests.world import START, World

WORKSPACE = {
    "SOJOURN_SANDBOX": True,
    "SOJOURN_GLOBAL_CONTROL": 0,
    "SOJOURN_TIME_ZONE": "Europe/Berlin",
    "WHITENOISE_AUTOREFRESH": True,
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}


@pytest.fixture
def workspace(settings: Any) -> None:
    for name, value in WORKSPACE.items():
        setattr(settings, name, value)


@pytest.fixture
def world(db: None, workspace: None) -> World:
    """An empty workspace."""
    return begun()


@pytest.fixture(scope="module")
def stocked(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), override_settings(**WORKSPACE):
        empty()
        world = begun()
        furnish(stock(world))
        yield world
        empty()


@pytest.fixture
def shop(stocked: World, db: None, workspace: None) -> World:
    """The shop, for tests that look at it."""
    return stocked


@pytest.fixture
def busy_shop(transactional_db: None, workspace: None) -> Iterator[World]:
    """The shop, for tests in which customers go on doing things."""
    empty()
    world = begun()
    furnish(stock(world))
    yield world
    empty()


def begun() -> World:
    """A world at whose beginning the sandbox's clock stands."""
    clock.start_at(START)
    return World()


def empty() -> None:
    """Every table, and the event log, which Django does not manage. Numbers never come again."""
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE profiles_event")


@pytest.fixture
def germans(shop: World) -> None:
    """Every third customer has a country."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE profiles_customer SET attributes = attributes || '{"country": "DE"}'
            WHERE id % 3 = 0"""
        )


@pytest.fixture
def anna(db: None) -> Client:
    return _client(User.objects.create_superuser("anna", "anna@example.com", "secret"))


@pytest.fixture
def vera(db: None) -> Client:
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return _client(user)


@pytest.fixture
def nick(db: None) -> Client:
    return _client(User.objects.create_user("nick", is_staff=True))


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
