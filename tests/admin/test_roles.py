"""Who may open and press what: every address of the admin for every role, as `roles.tsv` has it.

The addresses come from the site itself: a new one has to be looked at and written down. After a
change on purpose: `SOJOURN_WRITE_ROLES=1 pytest tests/admin/test_roles.py`, and read the diff.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from config.roles import ROLES, permissions, sync
from tests.admin.people import member
from tests.world import World

MATRIX = Path(__file__).with_name("roles.tsv")
OPEN = {"login", "jsi18n", "logout", "language", "set_language", "autocomplete", "view_on_site"}
"""For everybody, or for everybody who is logged in, and nothing to see there."""


def routes() -> list[str]:
    """The names of all addresses of the admin."""
    patterns = get_resolver().url_patterns
    (tree,) = [each for each in patterns if isinstance(each, URLResolver) and _is_admin(each)]
    return sorted(set(_names(tree)) - OPEN)


def _is_admin(each: URLResolver) -> bool:
    return each.namespace == "admin"


def _names(tree: URLResolver) -> Iterator[str]:
    for each in tree.url_patterns:
        if isinstance(each, URLResolver):
            yield from _names(each)
        elif each.name:
            yield each.name


def address(name: str, shop: World) -> str:
    """One address of the route, with a row that is there."""
    for args in ([], [_row(name, shop)], ["profiles"]):
        try:
            return reverse(f"admin:{name}", args=args)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} takes something else: say what")


def _row(name: str, shop: World) -> object:
    if name in ("customer_export", "customer_erase"):
        return shop.id("customer-000")
    for model in admin.site._registry:
        if name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
            row = model._default_manager.order_by("pk").first()
            return getattr(row, "slug", row.pk) if model.__name__ == "Journey" else row.pk
    return 1


def _may(client: Client, method: str, url: str) -> str:
    """Whether somebody gets through: + yes, - no, = a page that only shows, or its form again;
    blank where there is nothing of the kind.
    """
    with transaction.atomic():
        answer = getattr(client, method)(url)
        transaction.set_rollback(True)
    if answer.status_code == 405:
        return " "
    if answer.status_code in (401, 403, 404) or "/login/" in answer.get("Location", ""):
        return "-"
    shown = method == "post" and answer.status_code == 200
    return "=" if shown and "Content-Disposition" not in answer else "+"


@pytest.fixture
def seen(shop: World) -> list[str]:
    sync()
    people = [Client(), member("nobody"), *(member(f"the-{role}", role) for role in ROLES)]
    lines = ["\t".join(["address", "method", "stranger", "staff", *ROLES])]
    for name in routes():
        for method in ("get", "post"):
            cells = [_may(client, method, address(name, shop)) for client in people]
            if set(cells) != {" "}:
                lines.append("\t".join([name, method, *cells]))
    return lines


@pytest.mark.long
def test_everybody_may_what_the_matrix_says(seen: list[str]) -> None:
    if os.environ.get("SOJOURN_WRITE_ROLES"):
        MATRIX.write_text("\n".join(seen) + "\n", encoding="utf-8")
    assert seen == MATRIX.read_text(encoding="utf-8").splitlines()


def test_no_stranger_and_nobody_without_a_role_changes_anything() -> None:
    for line in MATRIX.read_text(encoding="utf-8").splitlines()[1:]:
        name, method, stranger, staff, *_roles = line.split("\t")
        assert stranger != "+", name
        assert method == "get" or staff != "+", name


@pytest.mark.django_db
def test_a_role_has_just_its_rights_after_every_start() -> None:
    sync()
    group = Group.objects.get(name="viewer")
    group.permissions.set(Permission.objects.all())
    sync()
    for role in ROLES:
        held = Group.objects.get(name=role).permissions.select_related("content_type")
        names = {f"{each.content_type.app_label}.{each.codename}" for each in held}
        assert names == permissions(role)
