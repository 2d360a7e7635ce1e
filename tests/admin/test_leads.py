"""Lists say what they hold, rows are called by words, and what is deleted says what that means."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule

from channels.models import Device, Halt, Suppression
from journeys.models import Decision, Enrollment
from profiles.models import ApiKey, AuditEntry
from tests.admin.pages import _name
from tests.world import World


def test_every_list_says_what_it_holds(shop: World, anna: Client) -> None:
    for model, owner in admin.site._registry.items():
        page = anna.get(reverse(f"admin:{_name(model)}_changelist")).content.decode()
        lead = str(getattr(owner, "lead", ""))
        assert lead, model
        assert f'<p class="sj-list-lead">{lead}</p>' in page


def test_whoever_deletes_reads_what_it_means(shop: World, anna: Client) -> None:
    halt = Halt.objects.get(name="spring")
    page = anna.get(reverse("admin:channels_halt_delete", args=[halt.pk])).content.decode()
    assert "Delete “journey: spring”?" in page
    assert "What it held back goes on being sent." in page
    assert anna.post(reverse("admin:channels_halt_delete", args=[halt.pk]), {"post": "yes"})[
        "Location"
    ] == reverse("admin:channels_halt_changelist")
    assert not Halt.objects.filter(pk=halt.pk).exists()


def test_what_goes_along_is_named(shop: World, anna: Client) -> None:
    schedule = CrontabSchedule.objects.earliest("id")
    url = reverse("admin:django_celery_beat_crontabschedule_delete", args=[schedule.pk])
    page = anna.get(url).content.decode()
    assert "With it goes" in page
    assert schedule.periodictask_set.earliest("id").name in page


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Decision, "Left by a leave rule"),
        (Device, "browser: Name0"),
        (Suppression, "gone@example.com"),
        (Enrollment, "Abandoned cart: Name"),
    ],
)
def test_a_row_is_called_by_words(shop: World, anna: Client, model: type, said: str) -> None:
    row = model._default_manager.latest("id")  # type: ignore[attr-defined]
    page = anna.get(reverse(f"admin:{_name(model)}_change", args=[row.pk])).content.decode()
    heading = page.split("<h1", 1)[1].split("</h1>", 1)[0]
    assert said in heading


def test_a_key_without_scopes_shows_a_dash(shop: World, anna: Client) -> None:
    assert ApiKey.objects.get().scopes == []
    page = anna.get(reverse("admin:profiles_apikey_changelist")).content.decode()
    [cell] = re.findall(r'field-scope_names[^>]*data-label="[^"]*">([^<]*)</td>', page)
    assert cell == "–"


def test_nobody_halts_everything_by_an_empty_form(shop: World, anna: Client) -> None:
    before = Halt.objects.count()
    url = reverse("admin:channels_halt_add")
    assert anna.post(url, {"scope": "", "name": "", "reason": ""}).status_code == 200
    assert anna.post(url, {"scope": "all", "name": "", "reason": ""}).status_code == 200
    assert Halt.objects.count() == before
    assert anna.post(url, {"scope": "all", "name": "", "reason": "wrong price"}).status_code == 302
    assert Halt.objects.get(scope="all").reason == "wrong price"


def test_the_audit_log_speaks_of_fields_as_forms_do(shop: World, anna: Client) -> None:
    entry = AuditEntry.objects.filter(kind="auth.user", action="created").latest("id")
    anna.cookies["django_language"] = "ru"
    page = anna.get(reverse("admin:profiles_auditentry_change", args=[entry.pk])).content.decode()
    assert "Дата регистрации" in page
    assert str(entry.changes["date_joined"][1]) not in page


@pytest.mark.parametrize("address", ["/admin/nowhere/", "/nowhere"])
def test_a_page_that_is_not_there_says_so(db: None, anna: Client, address: str) -> None:
    anna.cookies["django_language"] = "ru"
    answer = anna.get(address)
    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.content.decode()


def test_who_may_not_see_a_page_reads_why(shop: World, nick: Client) -> None:
    answer = nick.get(reverse("admin:profiles_customer_changelist"))
    assert answer.status_code == 403
    assert "You may not see this" in answer.content.decode()
