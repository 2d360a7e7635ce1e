"""The page of a customer that says what is kept about them, gives it out, and erases it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from config import privacy
from config.privacy_api import attached
from profiles.admin.base import (
    BaseAdmin,
    Panel,
    Refused,
    Words,
    customer_pages,
    customer_panels,
    now,
)
from profiles.models import Customer

EXPORT, ERASE = "profiles.export_customer", "profiles.erase_customer"
PAGE = "admin/profiles/customer/privacy.html"
PANEL = "admin/profiles/customer/privacy_panel.html"
PLACES: Words = {
    "customers": gettext_lazy("profiles, with all their attributes"),
    "identifiers": gettext_lazy("identifiers"),
    "consents": gettext_lazy("consents"),
    "consent_changes": gettext_lazy("changes of consents, with their proof"),
    "lifecycle": gettext_lazy("places in the lifecycle"),
    "segments": gettext_lazy("memberships of segments"),
    "merges": gettext_lazy("merges"),
    "event_keys": gettext_lazy("message ids of events"),
    "events": gettext_lazy("events"),
    "message_texts": gettext_lazy("texts of messages, as they were sent"),
    "attempts": gettext_lazy("hand-overs to providers"),
    "receipts": gettext_lazy("receipts"),
    "stray_receipts": gettext_lazy("receipts that found no message"),
    "links": gettext_lazy("links that name the customer"),
    "link_checks": gettext_lazy("checks of such links"),
    "messages": gettext_lazy("messages"),
    "calls": gettext_lazy("calls of other systems"),
    "devices": gettext_lazy("devices"),
    "suppressions": gettext_lazy("suppressed addresses"),
    "walks": gettext_lazy("walks through journeys"),
    "waits": gettext_lazy("events that are waited for"),
    "decisions": gettext_lazy("decisions"),
    "conversions": gettext_lazy("conversions"),
    "coming_dates": gettext_lazy("coming dates"),
    "set_aside": gettext_lazy("rows set aside"),
    "admin_notes": gettext_lazy("notes of the admin"),
}


def page(customers: BaseAdmin, request: HttpRequest, customer: Customer) -> HttpResponse:
    """What is kept, by place, and the two things that can be done about it."""
    return _page(customers, request, customer)


def _page(
    customers: BaseAdmin, request: HttpRequest, customer: Customer, *, refusal: str = ""
) -> HttpResponse:
    may = request.user.has_perm
    if not (may(EXPORT) or may(ERASE)):
        raise PermissionDenied
    if customer.merged_into_id:
        raise Http404
    known = privacy.person(customer.pk)
    context = {
        "original": customer,
        "title": _("Privacy: %s") % customer,
        "places": _places(customer),
        "identities": len(known.customers),
        "typed": proof(customer),
        "may_export": may(EXPORT),
        "may_erase": may(ERASE),
        "refusal": refusal,
        "export_url": reverse("admin:customer_export", args=[customer.pk]),
        "erase_url": reverse("admin:customer_erase", args=[customer.pk]),
    }
    return customers.page(request, PAGE, context, status=409 if refusal else 200)


def _places(customer: Customer) -> list[dict[str, Any]]:
    stays = {place.name for place in privacy.PLACES if place.blank} - {"customers"}
    kept = privacy.kept(customer.pk)
    return [
        {"name": str(told), "rows": kept[name], "stays": name in stays}
        for name, told in PLACES.items()
        if name in kept
    ]


def proof(customer: Customer) -> str:
    """What is typed so that nobody is erased by mistake: an identifier, or else the number."""
    first = customer.identifiers.order_by("kind", "id").values_list("value", flat=True).first()
    return customer.email or first or str(customer.pk)


@require_POST
def export(request: HttpRequest, customer: int) -> HttpResponse:
    """All that is kept, as a file."""
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied
    return attached(_living(customer).pk)  # type: ignore[return-value]  # streams


@require_POST
def erase(request: HttpRequest, customer: int) -> HttpResponse:
    """Gone for good, once the identifier was typed."""
    if not request.user.has_perm(ERASE):
        raise PermissionDenied
    row = _living(customer)
    try:
        if request.POST.get("typed", "").strip() != proof(row):
            raise Refused("invalid", _("Type the identifier exactly as it is shown."))
        privacy.erase(row.pk, now=now())
    except Refused as refusal:
        customers: Any = admin.site._registry[Customer]
        return _page(customers, request, row, refusal=str(refusal))
    messages.success(request, _("Customer %(id)s is erased.") % {"id": row.pk})
    return HttpResponseRedirect(reverse("admin:profiles_customer_changelist"))


def _living(customer: int) -> Customer:
    found = Customer.objects.filter(pk=customer, merged_into=None).first()
    if found is None:
        raise Http404
    return found


def urls() -> list[URLPattern]:
    view = admin.site.admin_view
    return [
        path("privacy/<int:customer>/export/", view(export), name="customer_export"),
        path("privacy/<int:customer>/erase/", view(erase), name="customer_erase"),
    ]


def panel(request: HttpRequest, customer: int) -> Panel:
    """The way there, on the customer's page."""
    may = request.user.has_perm
    url = reverse("admin:profiles_customer_privacy", args=[customer])
    return Panel(PANEL, {"url": url if may(EXPORT) or may(ERASE) else ""})


customer_pages["privacy"] = page
customer_panels.append(panel)
