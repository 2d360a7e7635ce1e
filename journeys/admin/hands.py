"""What an operator may do to one customer in a journey: posts on a walk, which answer on the
customer's page.
"""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from journeys.admin.words import DECISIONS
from journeys.models import Enrollment
from journeys.operations import by_hand
from journeys.operations.by_hand import Seen
from profiles.admin.base import ReadOnlyAdmin, Refused, now, word


class HandsOn(ReadOnlyAdmin):
    """For whoever may change customers in journeys."""

    row_posts: Sequence[str] = ("move", "take_out", "let_in")

    def do_move(self, request: HttpRequest, row: Enrollment) -> HttpResponse:
        given = request.POST
        to, visit = given.get("to", ""), given.get("visit", "")
        seen = Seen(given.get("step", ""), int(visit) if visit.isdecimal() else 0)
        try:
            by_hand.move(row.pk, to=to, seen=seen, by=request.user.get_username(), now=now())
        except Refused as refusal:
            return self._back(request, row, refused=str(refusal))
        self.log_change(request, row, f"moved from {seen.step} to {to}")
        return self._back(request, row, done=gettext("The customer begins the step %s.") % to)

    def do_take_out(self, request: HttpRequest, row: Enrollment) -> HttpResponse:
        try:
            by_hand.take_out(row.pk, by=request.user.get_username(), now=now())
        except Refused as refusal:
            return self._back(request, row, refused=str(refusal))
        self.log_change(request, row, "taken out")
        return self._back(request, row, done=gettext("The customer is out of the journey."))

    def do_let_in(self, request: HttpRequest, row: Enrollment) -> HttpResponse:
        try:
            code = by_hand.let_in(row.pk, by=request.user.get_username(), now=now())
        except Refused as refusal:
            return self._back(request, row, refused=str(refusal))
        if code:
            return self._back(request, row, refused=word(DECISIONS, f"refused_{code}"))
        self.log_change(request, row, "let in again")
        return self._back(request, row, done=gettext("The customer is in the journey again."))

    def _back(
        self, request: HttpRequest, row: Enrollment, *, done: str = "", refused: str = ""
    ) -> HttpResponse:
        """To the customer's page, with what became of it."""
        (messages.error if refused else messages.success)(request, refused or done)
        return HttpResponseRedirect(
            reverse("admin:profiles_customer_change", args=[row.customer_id])
        )
