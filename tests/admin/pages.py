"""Every page of the admin, found by asking the site itself, and what a page's HTML says."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from profiles.models import Customer, Segment

REPORTS = ("report_value", "report_stages", "report_retention", "report_overlap")
OWN_PAGES = ("index", "health", "sandbox", "password_change", "two_factor", *REPORTS)
JOURNEY_PAGES = ("change", "canvas", "document", "proof", "report", "versions")


def lists() -> Iterator[str]:
    for model in admin.site._registry:
        yield reverse(f"admin:{_name(model)}_changelist")


def pages() -> Iterator[str]:
    """Lists, add forms, and the page of one row of every table."""
    yield from (reverse(f"admin:{name}") for name in OWN_PAGES)
    yield from lists()
    for app in sorted({model._meta.app_label for model in admin.site._registry}):
        yield reverse("admin:app_list", args=[app])
    for model, model_admin in admin.site._registry.items():
        request = RequestFactory().get("/")
        request.user = _everything()
        if model_admin.has_add_permission(request):
            yield reverse(f"admin:{_name(model)}_add")
        row = model._default_manager.order_by("-pk").first()
        assert row is not None, f"the shop has no {model.__name__} to show"
        yield reverse(f"admin:{_name(model)}_change", args=[row.pk])
    why = reverse("admin:profiles_segment_why", args=[Segment.objects.earliest("id").pk])
    yield from (why, f"{why}?who=customer-000", f"{why}?who=customer")
    yield from (
        reverse(f"admin:journeys_journey_{name}", args=["abandoned-cart"]) for name in JOURNEY_PAGES
    )
    yield reverse("admin:channels_account_add") + "?adapter=twilio"
    for customer in (Customer.objects.earliest("id"), Customer.objects.latest("id")):
        yield from _told(customer)


def _told(customer: Customer) -> Iterator[str]:
    """A customer's own pages."""
    why = reverse("admin:profiles_customer_why", args=[customer.pk])
    yield reverse("admin:profiles_customer_change", args=[customer.pk])
    yield from (why, f"{why}?journey=abandoned-cart")
    yield reverse("admin:profiles_customer_privacy", args=[customer.pk])
    yield f"{why}?journey=abandoned-cart&at={customer.created_at:%Y-%m-%dT%H:%M}"


def _everything() -> Any:
    class Everything:
        is_active = is_staff = is_superuser = True

        def has_perm(self, *_: object) -> bool:
            return True

    return Everything()


def _name(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


class Page(HTMLParser):
    """The links, scripts and text of a page; what a script only reads is `data`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self.data: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._open: str | None = None
        self._script: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in given.items()]
        if tag == "a" and "href" in given:
            self.links.append((given["href"], ""))
            self._open = given["href"]
        if tag == "script":
            self._script = self.data if given.get("type") == "application/json" else self.scripts
            self._script.append(given.get("src", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script[-1] += data
        if self._open is not None:
            href, text = self.links[-1]
            self.links[-1] = (href, text + data.strip())
