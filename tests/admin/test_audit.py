"""Who did what: written by the tables themselves, in the transaction, and never taken back."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from channels.models import Account, Halt
from journeys.models import Journey
from journeys.operations import draft
from profiles.core.audited import TABLES
from profiles.models import ApiKey, AuditEntry
from profiles.operations.access import create_key
from profiles.queries import api_keys
from tests.database.canaries import places_of
from tests.world import World

LOG = "admin:profiles_auditentry_changelist"


def _post(client: Client, route: str, *args: Any, **given: Any) -> int:
    return client.post(reverse(f"admin:{route}", args=args), given).status_code


def _last(kind: str) -> AuditEntry:
    return AuditEntry.objects.filter(kind=kind).latest("id")


def test_what_is_on_record_stays_as_it_is(shop: World) -> None:
    for statement in ("UPDATE profiles_auditentry SET by = 'x'", "DELETE FROM profiles_auditentry"):
        with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
            connection.cursor().execute(statement)


def test_every_table_on_the_list_tells_of_itself(shop: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_audit'"
        )
        assert {row[0] for row in cursor.fetchall()} == set(TABLES)


def test_pausing_is_told_with_what_was_before(shop: World, anna: Client) -> None:
    _post(anna, "journeys_journey_pause", "abandoned-cart", clock="run")
    entry = _last("journeys.journey")
    assert (entry.by, entry.action, entry.label) == ("admin:anna", "changed", "abandoned-cart")
    assert entry.changes["state"] == ["live", "paused"]


def test_a_saved_document_is_told_as_what_differs(shop: World, anna: Client) -> None:
    row = Journey.objects.get(slug="abandoned-cart")
    text = row.source.replace("wait: 1h", "wait: 2h")
    _post(anna, "journeys_journey_save", row.slug, source=text, revision=row.revision)
    page = anna.get(
        reverse("admin:profiles_auditentry_change", args=[_last("journeys.journey").pk])
    ).content.decode()
    assert "-    wait: 1h" in page
    assert "+    wait: 2h" in page
    assert "nudge" not in page


def test_what_is_rolled_back_was_never_done(shop: World) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Halt.objects.update(reason="x")
        raise ZeroDivisionError
    assert AuditEntry.objects.count() == before


def test_every_kind_of_change_names_who_made_it(shop: World, anna: Client) -> None:
    halt = Halt.objects.get()
    _post(anna, "channels_halt_delete", halt.pk, post="yes")
    _post(anna, "auth_group_add", name="Helpers")
    _post(anna, "profiles_customer_consent", shop.id("customer-001"), channel="email",
          state="unsubscribed")  # fmt: skip
    found = [(kind, _last(kind).action, _last(kind).by) for kind in
             ("channels.halt", "auth.group", "profiles.customer")]  # fmt: skip
    assert found == [("channels.halt", "deleted", "admin:anna"),
                     ("auth.group", "created", "admin:anna"),
                     ("profiles.customer", "changed", "admin:anna")]  # fmt: skip


def test_a_role_given_is_on_record(shop: World) -> None:
    User.objects.get(username="olaf").groups.add(Group.objects.get(name="Marketing"))
    assert _last("auth.user_groups").changes["user_id"][1] == User.objects.get(username="olaf").pk


def test_keys_act_under_their_names_and_only_during_their_request(shop: World) -> None:
    api_keys.forget()
    key = create_key(name="deploy", kind="api", scopes=["publish"], now=shop.now)
    bearer = {"Authorization": f"Bearer {key}"}
    Client().post(
        "/api/v1/journeys/abandoned-cart/pause", {}, content_type="application/json", headers=bearer
    )
    assert _last("journeys.journey").by == "key:deploy"
    draft.save("other", {"journey": "other"}, revision=None, by="x", now=shop.now)
    assert _last("journeys.journey").by == ""


def test_secrets_are_never_told(shop: World, anna: Client) -> None:
    account = Account.objects.get(slug="sendgrid")
    account.options = {"api_key": "SG.quetzalcoatl"}
    account.save()
    key = create_key(name="shop", kind="api", scopes=["read"], now=shop.now)
    User.objects.create_user("paul", password="quetzalcoatl")
    assert _last("channels.account").changes["secret"] == ["•••", "•••"]
    hashes = [ApiKey.objects.latest("id").hash, User.objects.get(username="paul").password]
    for secret in ("quetzalcoatl", key, *hashes):
        told = {place for place in places_of(secret) if place.startswith("profiles_auditentry")}
        assert told == set()


def test_the_log_is_narrowed_by_who_what_and_when(shop: World, anna: Client) -> None:
    _post(anna, "journeys_journey_pause", "abandoned-cart", clock="run")
    wanted = {"by": "admin:anna", "kind": "journeys.journey", "action": "changed", "days": "1"}
    answer = anna.get(reverse(LOG), wanted)
    assert [row.label for row in answer.context["cl"].result_list] == ["abandoned-cart"]
    assert not anna.get(reverse(LOG), {"by": "nobody"}).context["cl"].result_list


def test_every_page_leads_to_its_own_history(shop: World, anna: Client) -> None:
    row = Journey.objects.get(slug="abandoned-cart")
    answer = anna.get(reverse("admin:journeys_journey_history", args=[row.pk]), follow=True)
    assert {each.ref for each in answer.context["cl"].result_list} == {str(row.pk)}
