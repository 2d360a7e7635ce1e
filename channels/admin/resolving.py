"""What an operator decides about messages that stopped, on one message's page and from the list."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from channels.admin.words import STATUSES
from channels.core.message import Action, decided
from channels.models import Message
from channels.operations.resolve import resolve, resolve_one
from profiles.admin.base import ReadOnlyAdmin, now, word

MOST = 10_000
"""So many of a list at a time; the rest is still there to be chosen again."""


class Choice(NamedTuple):
    """An action as people read it: its button, the question, and what it means."""

    label: Any
    question: Any
    means: Any


CHOICES: Mapping[Action, Choice] = {
    "sent": Choice(
        _("Mark as sent"),
        _("Mark as sent?"),
        _("It counts as sent when its last attempt began, and is never sent again."),
    ),
    "resend": Choice(
        _("Send again"),
        _("Send again?"),
        _(
            "If the provider did take it, the customer may get it twice. Consent, caps and quiet"
            " hours are looked at again."
        ),
    ),
    "drop": Choice(
        _("Drop"),
        _("Drop?"),
        _("It counts as failed. If the provider did take it, the customer still gets it."),
    ),
}


class ResolvingAdmin(ReadOnlyAdmin):
    """Messages are only read, but for the decisions that the table of moves allows."""

    row_posts = ("sent", "resend", "drop")
    actions = ("resolve_sent", "resolve_resend", "resolve_drop")

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return self.may_do(request, "", None)

    def choices(self, request: HttpRequest, row: Message) -> list[dict[str, Any]]:
        """What may be decided about this message by this person."""
        if not self.has_resolve_permission(request):
            return []
        return [
            {"id": action, "url": self.url(action, row.pk), **choice._asdict()}
            for action, choice in CHOICES.items()
            if row.status in decided(action)
        ]

    def do_sent(self, request: HttpRequest, row: Message) -> None:
        """It has left, as the operator knows from elsewhere."""
        self._one(request, row, "sent")

    def do_resend(self, request: HttpRequest, row: Message) -> None:
        """Back into the queue."""
        self._one(request, row, "resend")

    def do_drop(self, request: HttpRequest, row: Message) -> None:
        """Give it up."""
        self._one(request, row, "drop")

    @admin.action(description=CHOICES["sent"].label, permissions=["resolve"])
    def resolve_sent(self, request: HttpRequest, rows: QuerySet[Message]) -> HttpResponse | None:
        return self._many(request, rows, "sent")

    @admin.action(description=CHOICES["resend"].label, permissions=["resolve"])
    def resolve_resend(self, request: HttpRequest, rows: QuerySet[Message]) -> HttpResponse | None:
        return self._many(request, rows, "resend")

    @admin.action(description=CHOICES["drop"].label, permissions=["resolve"])
    def resolve_drop(self, request: HttpRequest, rows: QuerySet[Message]) -> HttpResponse | None:
        return self._many(request, rows, "drop")

    def _one(self, request: HttpRequest, row: Message, action: Action) -> None:
        resolve_one(row.uid, action=action, by=_who(request), now=now())
        self.log_change(request, row, action)
        messages.success(request, gettext("The decision stands among the attempts."))

    def _many(
        self, request: HttpRequest, rows: QuerySet[Message], action: Action
    ) -> HttpResponse | None:
        """First a page that counts and asks; with its answer, the decision."""
        found = _eligible(rows, action)
        if "confirmed" not in request.POST:
            return self._ask(request, action, Counter(found.values()))
        count = resolve(list(found), action=action, by=_who(request), now=now())
        text = ngettext("%d message was decided about.", "%d messages were decided about.", count)
        messages.success(request, text % count)
        return None

    def _ask(self, request: HttpRequest, action: Action, found: Counter[str]) -> HttpResponse:
        choice = CHOICES[action]
        counts = [f"{word(STATUSES, status)}: {number}" for status, number in found.items()]
        context = {
            "title": choice.question,
            "choice": choice,
            "count": found.total(),
            "capped": found.total() == MOST,
            "counts": ", ".join(counts),
            "those": ", ".join(word(STATUSES, status) for status in decided(action)),
            "action": f"resolve_{action}",
            "field": ACTION_CHECKBOX_NAME,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
        }
        return self.page(request, "admin/channels/message/resolve.html", context)


def _who(request: HttpRequest) -> str:
    return f"admin:{request.user.get_username()}"


def _eligible(rows: QuerySet[Message], action: Action) -> dict[int, str]:
    """The oldest of the chosen messages that this may be decided about, with their status."""
    standing = rows.filter(status__in=decided(action)).order_by("pk")
    return dict(standing.values_list("pk", "status")[:MOST])
