"""Exporting and erasing: on the customer's page, by the API and by commands."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from profiles.models import AuditEntry, Customer
from profiles.operations.access import create_key
from profiles.queries import api_keys
from tests.database.canaries import places_of
from tests.world import World


@pytest.fixture
def paula(db: None) -> Client:
    """May look at customers, export and erase them, and nothing else."""
    names = ("view_customer", "export_customer", "erase_customer")
    user = User.objects.create_user("paula", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def _privacy(customer: int) -> str:
    return reverse("admin:profiles_customer_privacy", args=[customer])


def _erase(client: Client, customer: int, typed: str) -> int:
    url = reverse("admin:customer_erase", args=[customer])
    return client.post(url, {"typed": typed}).status_code


def test_the_page_says_what_would_go(shop: World, paula: Client) -> None:
    page = paula.get(_privacy(shop.id("customer-001"))).content.decode()
    assert "Type customer-001@example.com to confirm" in page
    assert "changes of consents" not in page
    assert "identifiers" in page


def test_a_download_has_it_all(shop: World, paula: Client) -> None:
    customer = shop.id("customer-001")
    answer = paula.post(reverse("admin:customer_export", args=[customer]))
    found = json.loads(answer.getvalue())
    assert found["customers"][0]["email"] == "customer-001@example.com"
    assert f"customer-{customer}.json" in answer["Content-Disposition"]
    assert AuditEntry.objects.filter(action="exported", by="admin:paula").exists()


def test_nobody_is_erased_by_mistake(shop: World, paula: Client) -> None:
    customer = shop.id("customer-001")
    for typed in ("", "customer-001", "CUSTOMER-001@example.com"):
        assert _erase(paula, customer, typed) == 409
    assert Customer.objects.get(pk=customer).email


def test_erasing_leaves_a_number(shop: World, paula: Client) -> None:
    customer = shop.id("customer-001")
    assert _erase(paula, customer, "customer-001@example.com") == 302
    assert places_of("customer-001@example.com") == set()
    assert AuditEntry.objects.filter(action="erased", by="admin:paula", ref=customer).exists()
    page = paula.get(reverse("admin:profiles_customer_change", args=[customer]))
    assert (page.status_code, f"Customer {customer} was erased" in page.content.decode()) == (
        404, True,
    )  # fmt: skip
    assert paula.get(_privacy(customer)).status_code == 404
    listed = paula.get(reverse("admin:profiles_customer_changelist"), {"merged": "yes"})
    assert customer not in {row.pk for row in listed.context["cl"].result_list}


def test_who_lacks_the_right_is_told_so(shop: World, vera: Client) -> None:
    customer = shop.id("customer-001")
    page = vera.get(reverse("admin:profiles_customer_change", args=[customer])).content.decode()
    assert "Exporting and erasing take the role privacy." in page
    assert vera.get(_privacy(customer)).status_code == 403
    assert _erase(vera, customer, "customer-001@example.com") == 403
    assert vera.post(reverse("admin:customer_export", args=[customer])).status_code == 403


def _ask(method: str, path: str, *scopes: str) -> Any:
    api_keys.forget()
    key = create_key(name="deploy", kind="api", scopes=scopes, now=World().now)
    bearer = {"Authorization": f"Bearer {key}"}
    return Client().generic(method, f"/api/v1{path}", headers=bearer)


def test_the_api_takes_the_scope_privacy(shop: World) -> None:
    for method, path in (("GET", "/export"), ("DELETE", "")):
        answer = _ask(method, f"/customers/user_id:customer-002{path}", "read", "write")
        assert answer.status_code == 403


def test_the_api_exports_and_erases(shop: World) -> None:
    answer = _ask("GET", "/customers/user_id:customer-002/export", "privacy")
    assert json.loads(answer.getvalue())["identifiers"][0]["value"] == "customer-002"
    answer = _ask("DELETE", "/customers/user_id:customer-002", "privacy")
    assert answer.json()["rows"]["customers"] == 1
    assert AuditEntry.objects.filter(action="erased", by="key:deploy").exists()
    answer = _ask("DELETE", "/customers/user_id:customer-002", "privacy")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_commands(shop: World, capsys: pytest.CaptureFixture[str],
                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    call_command("export_customer", "user_id:customer-003")
    assert json.loads(capsys.readouterr().out)["customers"][0]["phone"] == "+12025551003"
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    with pytest.raises(CommandError, match="Nothing is erased"):
        call_command("erase_customer", "user_id:customer-003")
    call_command("erase_customer", "user_id:customer-003", "--yes")
    assert "is erased" in capsys.readouterr().out
    assert AuditEntry.objects.filter(action="erased", by="command").exists()
    with pytest.raises(CommandError, match="There is no customer"):
        call_command("erase_customer", "user_id:customer-003", "--yes")
