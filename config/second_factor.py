"""Two-factor sign-in: a code of an app, or one of ten recovery codes, after the password.

django-otp keeps the secrets, refuses codes that were used, and slows guesses down; the pages of the
admin and the operator's command call what is here.
"""

import math
import re
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from profiles.core.answers import Refused
from profiles.operations import audit

RECOVERY_CODES = 10
OF_AN_APP = re.compile(r"[0-9]{6}")
MINUTE = 60


def is_on(user: Any) -> bool:
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def unconfirmed(user: Any) -> Any:
    """The app that is being set up, or None."""
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).last()


def codes_left(user: Any) -> int:
    return int(StaticToken.objects.filter(device__user_id=user.pk).count())


@transaction.atomic
def begin(user: Any) -> None:
    """A new secret, of no use until a code confirms it."""
    TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).delete()
    if not is_on(user):
        TOTPDevice.objects.create(user_id=user.pk, name="app", confirmed=False)


def cancel(user: Any) -> None:
    TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).delete()


def confirm(user: Any, code: str) -> tuple[Any, list[str]]:
    """The app's code is right: from now on it is asked for. Answers the app and recovery codes."""
    app = unconfirmed(user)
    if app is None:
        raise Refused("expired", _("The set-up was begun anew elsewhere. Begin again."))
    _verify(app, _plain(code))
    with transaction.atomic():
        app.confirmed = True
        app.save()
        _told(user, "two_factor_on")
        return app, _new_codes(user)


def check(user: Any, code: str) -> Any:
    """What took the code: the app, or the recovery codes, of which one is used up now.

    Each slows down guesses of its own kind, so that slips in one do not lock the other.
    """
    plain = _plain(code)
    kind = TOTPDevice if OF_AN_APP.fullmatch(plain) else StaticDevice
    device = kind.objects.filter(user_id=user.pk, confirmed=True).first()
    if device is None:
        raise Refused("wrong_code", _wrong())
    _verify(device, plain)
    if kind is StaticDevice:
        _told(user, "recovery_code_used")
    return device


@transaction.atomic
def renew_codes(user: Any) -> list[str]:
    """Ten new recovery codes; those from before are void."""
    _told(user, "recovery_codes_made")
    return _new_codes(user)


@transaction.atomic
def turn_off(user: Any) -> bool:
    """Whether it was on. The password alone is asked for from now on."""
    was_on = is_on(user)
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    StaticDevice.objects.filter(user_id=user.pk).delete()
    if was_on:
        _told(user, "two_factor_off")
    return was_on


def named(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused("not_found", _("There is no user %(name)s.") % {"name": name})
    return user


def _plain(code: str) -> str:
    return re.sub(r"[^0-9a-z]", "", code.lower())


def _verify(device: Any, code: str) -> None:
    """Takes the code or refuses; a refusal is counted, so nothing is raised in the transaction."""
    with transaction.atomic():
        locked = type(device).objects.select_for_update().filter(pk=device.pk).first()
        allowed, why = locked.verify_is_allowed() if locked else (True, None)
        fits = locked and allowed and locked.verify_token(code)
    if why:
        raise Refused("throttled", _wait(why["locked_until"]))
    if not fits:
        raise Refused("wrong_code", _wrong())
    device.refresh_from_db()


def _wrong() -> str:
    return _("This code is wrong or was used before. Type the next one that your app shows.")


def _wait(until: Any) -> str:
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
    if seconds < 2 * MINUTE:
        span = ngettext("%(number)s second", "%(number)s seconds", seconds) % {"number": seconds}
    else:
        minutes = math.ceil(seconds / MINUTE)
        span = ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    return _("Too many wrong codes. Try again in %(span)s.") % {"span": span}


def _new_codes(user: Any) -> list[str]:
    device, _made = StaticDevice.objects.get_or_create(
        user_id=user.pk, defaults={"name": "recovery"}
    )
    device.token_set.all().delete()
    device.throttle_reset()
    codes: set[str] = set()
    while len(codes) < RECOVERY_CODES:
        codes.add(StaticToken.random_token())
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return sorted(f"{code[:4]}-{code[4:]}" for code in codes)


def _told(user: Any, action: str) -> None:
    audit.write(action, "auth.user", user.pk, label=user.get_username())
