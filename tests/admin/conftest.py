"""A stocked shop and the people who look at it: Anna may do everything, Vera may look, Nick may log in and nothing else."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from profiles.queries import clock
from tests.admin.shop import furnish, stock
from tests.world import World


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    settings.SOJOURN_TIME_ZONE = "Europe/Berlin"
    settings.WHITENOISE_AUTOREFRESH = True
    return World(clock.now())


@pytest.fixture
def shop(world: World) -> World:
    stock(world)
    furnish(world)
    return world


@pytest.fixture
def anna(world: World) -> Client:
    return _client(User.objects.create_superuser("anna", "anna@example.com", "secret"))


@pytest.fixture
def vera(world: World) -> Client:
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return _client(user)


@pytest.fixture
def nick(world: World) -> Client:
    return _client(User.objects.create_user("nick", is_staff=True))


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
