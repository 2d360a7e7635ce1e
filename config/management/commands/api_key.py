"""Issues, lists and withdraws API keys. A key is shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from profiles.core.api_keys import KINDS, SCOPES
from profiles.models import ApiKey
from profiles.operations.access import AccessError, create_key, revoke_key
from profiles.queries import clock


class Command(BaseCommand):
    help = "Issue, list and withdraw API keys."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        create = actions.add_parser("create", help=_("issue a key, and print it this once"))
        create.add_argument("--name", required=True, help=_("what it is for"))
        create.add_argument(
            "--kind", choices=sorted(KINDS), help=_("write for events, api for management")
        )
        create.add_argument(
            "--scopes",
            default="",
            metavar="SCOPE,…",
            help=_("what a management key may do: %(scopes)s") % {"scopes": ", ".join(SCOPES)},
        )
        actions.add_parser("list", help=_("the keys, without their secret part"))
        revoke = actions.add_parser("revoke", help=_("withdraw a key"))
        revoke.add_argument("id", type=int, help=_("its number in the list"))

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[action](**options)

    def _create(self, *, name: str, kind: str | None, scopes: str, **_options: Any) -> None:
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        try:
            key = create_key(
                name=name,
                kind=kind or ("api" if wanted else "write"),
                scopes=wanted,
                now=clock.now(),
            )
        except AccessError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(key)

    def _list(self, **_options: Any) -> None:
        for key in ApiKey.objects.order_by("id"):
            state = _("withdrawn") if key.revoked_at else _("in use")
            scopes = ",".join(key.scopes)
            self.stdout.write(f"{key.pk}\t{key.kind}\t{key.prefix}…\t{state}\t{key.name}\t{scopes}")

    def _revoke(self, *, id: int, **_options: Any) -> None:
        if not revoke_key(id, now=clock.now()):
            raise CommandError(_("There is no key %(id)s in use: see api_key list.") % {"id": id})
        self.stdout.write(_("Withdrawn."))
