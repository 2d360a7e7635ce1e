"""What is written as YAML in a form: read, shown again with what is wrong, in an author's order."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise

from journeys.core import source
from journeys.core.problem import DocumentError
from profiles.admin.base import BaseAdmin, Refused

RIGHTS = {"remove": "delete"}
"""What takes another right than changing."""


class WrittenAdmin(BaseAdmin):
    """Rows with a name, a title and a text that says the rest: saved by their own operation."""

    actions = None
    sortable_by = ()
    called: Mapping[str, Any]
    """What the form calls its fields."""
    new: str | Promise = ""
    """The title of the form for a new row."""

    def begun(self, request: HttpRequest) -> dict[str, Any]:
        """What the form of a new row begins with."""
        raise NotImplementedError

    def kept(self, request: HttpRequest, row: Any | None, given: dict[str, str]) -> tuple[Any, str]:
        """Save a name, a title and a source: the row, and what is said. Raises Refused."""
        raise NotImplementedError

    def boot_of(self, request: HttpRequest, row: Any | None) -> dict[str, Any]:
        """What the script of a form that may be changed begins with."""
        raise NotImplementedError

    def may_do(self, request: HttpRequest, name: str, row: Any) -> bool:
        of = self.opts
        return request.user.has_perm(f"{of.app_label}.{RIGHTS.get(name, 'change')}_{of.model_name}")

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        """A row goes by its own button, which knows who needs it."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._saved(request, None)
        return self._form(request, self.begun(request))

    def do_save(self, request: HttpRequest, row: Any) -> HttpResponse:
        return self._saved(request, row)

    def _saved(self, request: HttpRequest, row: Any | None) -> HttpResponse:
        """Save what was typed, or show it again with what is wrong."""
        given = {name: request.POST.get(name, "").strip() for name in ("name", "title", "source")}
        try:
            saved, told = self.kept(request, row, {**given, "title": given["title"][:200]})
        except Refused as refusal:
            again = self.row_context(request, row) if row else {}
            return self._form(request, {**again, **shown_again(given, refusal)}, row)
        messages.success(request, told)
        return HttpResponseRedirect(self.row_url(saved))

    def _form(
        self, request: HttpRequest, context: dict[str, Any], row: Any | None = None
    ) -> HttpResponse:
        frame = {
            **self.called,
            "title": row or self.new,
            "original": row,
            "may_change": True,
            **context,
            "boot": self.boot_of(request, row),
        }
        status = 422 if context.get("problems") else 200
        return self.page(request, self.row_page, frame, status=status)


def read(text: str) -> Any:
    """The value. Raises Refused."""
    try:
        return source.read(text).value
    except DocumentError as error:
        raise Refused("invalid", str(error)) from error


def shown_again(given: dict[str, str], refusal: Refused) -> dict[str, Any]:
    """What was typed, and what is wrong with it."""
    told = [(each.path, each.message) for each in refusal.problems] or [("", str(refusal))]
    return {
        "text": given["source"],
        "name": given["name"],
        "given_title": given["title"],
        "problems": told,
    }


def in_order(value: Any, first: Sequence[str]) -> Any:
    """The keys in `first` before others, at every level: the database keeps no order of keys."""
    if isinstance(value, list):
        return [in_order(each, first) for each in value]
    if not isinstance(value, dict):
        return value
    rank = {key: place for place, key in enumerate(first)}
    keys = sorted(value, key=lambda key: rank.get(key, len(rank)))
    return {key: in_order(value[key], first) for key in keys}
