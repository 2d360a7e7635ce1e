"""Two-factor sign-in in the admin: the page that asks for the code, and the one that sets it up.

Until the second factor is given the site takes the person for a stranger, whatever is asked for.
"""

from base64 import b32encode
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django_otp import login as verified_by
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import second_factor
from profiles.core.answers import Refused

INSIDE, OUTSIDE = "admin/base_site.html", "unfold/layouts/unauthenticated.html"
FEW = 3
"""So many recovery codes left are worth a warning."""

_is_staff = admin.site.has_permission
_ask_password = admin.site.login


def _asks_for_code(request: HttpRequest) -> bool:
    """The password was right, the second factor is still to come."""
    user: Any = request.user
    if getattr(user, "otp_device", None):
        return False
    if not hasattr(user, "has_second_factor"):
        user.has_second_factor = second_factor.is_on(user)
    return bool(user.has_second_factor)


def _has_to_set_up(request: HttpRequest) -> bool:
    verified = getattr(request.user, "otp_device", None)
    return settings.SOJOURN_REQUIRE_2FA and not verified and not _asks_for_code(request)


def _may_enter(request: HttpRequest) -> bool:
    """The site's own question, for each of its pages; logging out is always possible."""
    if not _is_staff(request):
        return False
    if request.path_info == reverse("admin:logout"):
        return True
    return not (_asks_for_code(request) or _has_to_set_up(request))


def _login(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """The site's own, and after it the second factor."""
    if request.method == "GET" and _is_staff(request) and not _may_enter(request):
        query = urlencode({"next": request.GET.get("next", "")})
        return HttpResponseRedirect(f"{reverse('admin:two_factor')}?{query}")
    answer: HttpResponse = _ask_password(request, extra_context)
    return answer


admin.site.has_permission = _may_enter  # type: ignore[method-assign]
admin.site.login = never_cache(_login)  # type: ignore[method-assign]
admin.site.unregister([TOTPDevice, StaticDevice])


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """What comes next for whoever signs in: the code, the set-up, or how it stands."""
    if not _is_staff(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if _asks_for_code(request):
        return _enter(request)
    if request.method == "POST":
        return _act(request)
    return _stand(request)


def _enter(request: HttpRequest) -> HttpResponse:
    refusal = ""
    if request.method == "POST" and "code" in request.POST:
        try:
            device = second_factor.check(request.user, request.POST["code"])
        except Refused as refused:
            refusal = str(refused)
        else:
            _let_in(request, device)
            _warn_of_few_codes(request, device)
            return HttpResponseRedirect(_onward(request))
    return _shown(request, "admin/two_factor/enter.html", {"refusal": refusal})


def _let_in(request: HttpRequest, device: Any) -> None:
    verified_by(request, device)
    request.session.cycle_key()


def _warn_of_few_codes(request: HttpRequest, device: Any) -> None:
    left = second_factor.codes_left(request.user)
    if isinstance(device, StaticDevice) or left <= FEW:
        told = ngettext(
            "%(number)s recovery code is left. The user menu leads to new ones.",
            "%(number)s recovery codes are left. The user menu leads to new ones.",
            left,
        )
        messages.warning(request, told % {"number": left})


def _onward(request: HttpRequest, otherwise: str = "index") -> str:
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else reverse(f"admin:{otherwise}")


def _act(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("code", "")
    try:
        match request.POST.get("do"):
            case "begin":
                second_factor.begin(request.user)
            case "cancel":
                second_factor.cancel(request.user)
            case "confirm":
                app, codes = second_factor.confirm(request.user, code)
                _let_in(request, app)
                return _codes(request, codes, first=True)
            case "renew":
                second_factor.check(request.user, code)
                return _codes(request, second_factor.renew_codes(request.user), first=False)
            case "off":
                second_factor.check(request.user, code)
                second_factor.turn_off(request.user)
                messages.success(request, _("Two-factor sign-in is off."))
            case _:
                return _stand(request)
    except Refused as refused:
        return _stand(request, str(refused))
    return HttpResponseRedirect(request.get_full_path())


def _stand(request: HttpRequest, refusal: str = "") -> HttpResponse:
    app = second_factor.unconfirmed(request.user)
    is_on = second_factor.is_on(request.user)
    context = {
        "refusal": refusal,
        "on": is_on,
        "required": settings.SOJOURN_REQUIRE_2FA,
        "codes_left": second_factor.codes_left(request.user) if is_on else 0,
        **(_set_up(app) if app and not is_on else {}),
    }
    return _shown(request, "admin/two_factor/page.html", context)


def _set_up(app: TOTPDevice) -> dict[str, Any]:
    """The secret as a picture and as text, in groups of four."""
    picture = segno.make(app.config_url, error="m").svg_inline(
        scale=4, border=3, dark="#000", light="#fff", svgclass="sj-qr", lineclass=None
    )
    secret = b32encode(app.bin_key).decode().rstrip("=").lower()
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return {"picture": mark_safe(picture), "secret": " ".join(groups), "link": app.config_url}  # noqa: S308


def _codes(request: HttpRequest, codes: list[str], *, first: bool) -> HttpResponse:
    """Shown in this answer and never again."""
    name = f"{request.get_host()} {request.user.get_username()}"
    text = "\n".join([_("Recovery codes of Sojourn: %(name)s") % {"name": name}, "", *codes, ""])
    context = {
        "codes": codes,
        "text": "\n".join(codes),
        "file": f"data:text/plain;charset=utf-8,{quote(text)}",
        "first": first,
        "onward": _onward(request, "two_factor"),
    }
    return _shown(request, "admin/two_factor/codes.html", context)


def _shown(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    inside = _may_enter(request)
    told = {
        **admin.site.each_context(request),
        "title": _("Two-factor sign-in"),
        "content_title": _("Two-factor sign-in"),
        "layout": INSIDE if inside else OUTSIDE,
        "inside": inside,
        **context,
    }
    return TemplateResponse(request, template, told)
