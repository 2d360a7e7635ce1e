"""Lists and the clock while customers go on doing things."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import Message
from profiles.queries import clock
from tests.admin.pages import lists
from tests.world import World


@pytest.mark.long
def test_lists_ask_as_much_for_many_rows_as_for_few(busy_shop: World, anna: Client) -> None:
    few = {url: _queries(anna, url) for url in lists()}
    names = [f"more-{number}" for number in range(30)]
    for name in names:
        busy_shop.meet(name, email=f"{name}@example.com")
    busy_shop.together(*(busy_shop.call(name, "Cart Updated", cart_id=name) for name in names))
    busy_shop.passes("2h")
    many = {url: _queries(anna, url) for url in lists()}
    assert many == few


def _queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    return len(queries)


def test_advancing_the_clock_lets_everything_happen_on_the_way(
    busy_shop: World, anna: Client
) -> None:
    before = Message.objects.filter(step="nudge").count()
    start = clock.now()
    page = anna.post(reverse("admin:sandbox_clock"), {"advance": "3d"}, follow=True)
    assert "pieces of work were done" in page.content.decode()
    assert Message.objects.filter(step="nudge").count() > before
    assert (clock.now() - start).days == 3
