"""Two-factor sign-in: set up, asked for before anything opens, hard to guess, possible to lose."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import second_factor
from profiles.models import AuditEntry
from tests.admin.authenticator import PAGE, PASSWORD, STEP, Watch, somebody, with_password
from tests.admin.test_roles import address, routes
from tests.database.canaries import places_of
from tests.world import World

HEALTH = "/admin/health/"
WRONG = "This code is wrong or was used before."
EXEMPT = {"two_factor", "logout"}


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


@pytest.fixture
def ann(workspace: None, db: None) -> User:
    return somebody("ann")


def _opens(client: Client) -> bool:
    return client.get(HEALTH).status_code == 200


def _enter(client: Client, code: str) -> Any:
    return client.post(f"{PAGE}?next={HEALTH}", {"code": code})


def _actions() -> list[str]:
    found = AuditEntry.objects.filter(kind="auth.user", action__contains="_").order_by("id")
    return [f"{entry.by} {entry.action} {entry.label}" for entry in found]


def test_it_is_set_up_with_a_picture_a_key_and_a_code(ann: User, watch: Watch) -> None:
    client = with_password(ann)
    assert "Set up" in client.get(PAGE).content.decode()
    client.post(PAGE, {"do": "begin"})
    shown = client.get(PAGE).content.decode()
    app = TOTPDevice.objects.get(user=ann)
    assert 'class="sj-qr"' in shown
    key = re.search(r'id="secret">([a-z2-7 ]+)<', shown)
    assert key
    assert f"secret={key[1].replace(' ', '').upper()}&" in app.config_url
    refused = client.post(PAGE, {"do": "confirm", "code": watch.wrong(ann)})
    assert WRONG in refused.content.decode()
    assert not second_factor.is_on(ann)
    watch.passes(STEP)
    told = client.post(PAGE, {"do": "confirm", "code": watch.code(ann)}).content.decode()
    codes = re.findall(r"<li>([a-z2-7]{4}-[a-z2-7]{4})</li>", told)
    assert len(set(codes)) == 10
    assert _opens(client)
    again = client.get(PAGE).content.decode()
    assert "10 recovery codes are left." in again
    assert not any(code in again for code in codes)
    assert "sj-qr" not in again


def test_a_set_up_can_be_given_up_and_begun_again(ann: User, watch: Watch) -> None:
    client = with_password(ann)
    client.post(PAGE, {"do": "begin"})
    first = TOTPDevice.objects.get(user=ann).key
    client.post(PAGE, {"do": "cancel"})
    assert not TOTPDevice.objects.exists()
    assert "begun anew" in client.post(PAGE, {"do": "confirm", "code": "1"}).content.decode()
    client.post(PAGE, {"do": "begin"})
    client.post(PAGE, {"do": "begin"})
    assert TOTPDevice.objects.get(user=ann).key != first
    assert _opens(with_password(ann))


def test_after_the_password_the_code_opens_what_was_asked_for(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    client = with_password(ann)
    asked = client.get(f"{HEALTH}?x=1", follow=True)
    assert asked.redirect_chain[-1][0] == f"{PAGE}?next=%2Fadmin%2Fhealth%2F%3Fx%3D1"
    assert "Code of your app, or a recovery code" in asked.content.decode()
    assert "/admin/auth/user/" not in asked.content.decode()
    before = client.session.session_key
    answer = _enter(client, watch.code(ann))
    assert answer["Location"] == HEALTH
    assert _opens(client)
    assert client.session.session_key != before


def test_it_leads_nowhere_else(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    for wanted in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        client = with_password(ann)
        answer = client.post(f"{PAGE}?next={wanted}", {"code": watch.next_code(ann)})
        assert answer["Location"] == "/admin/"


def test_before_the_code_every_address_answers_as_to_a_stranger(
    shop: World, watch: Watch, subtests: pytest.Subtests
) -> None:
    ann = somebody("ann")
    watch.turn_on(ann)
    client, stranger = with_password(ann), Client()
    addresses = {name: address(name, shop) for name in routes() if name not in EXEMPT}
    assert sum("canvas" in name for name in addresses) > 5
    for name, url in addresses.items():
        for method in ("get", "post"):
            with subtests.test(f"{method} {name}"):
                mine, theirs = (getattr(each, method)(url) for each in (client, stranger))
                assert mine.status_code == theirs.status_code
                assert mine.get("Location") == theirs.get("Location")
    assert _enter(client, watch.code(ann)).status_code == 302
    assert client.get(addresses["journeys_journey_canvas_draft"]).status_code == 200


def test_whoever_cannot_give_the_code_can_leave(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    client = with_password(ann)
    client.post("/admin/logout/")
    assert "/login/" in client.get(PAGE)["Location"]


def test_a_recovery_code_lets_in_once(ann: User, watch: Watch) -> None:
    codes = watch.turn_on(ann)
    client = with_password(ann)
    assert _enter(client, f" {codes[0].upper()} ")["Location"] == HEALTH
    assert "9 recovery codes are left." in client.get(HEALTH).content.decode()
    assert WRONG in _enter(with_password(ann), codes[0]).content.decode()
    watch.passes(STEP)
    assert _opens(client)
    assert _enter(with_password(ann), codes[1])["Location"] == HEALTH


def test_a_code_that_was_used_is_refused(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    code = watch.code(ann)
    assert _enter(with_password(ann), code)["Location"] == HEALTH
    other = with_password(ann)
    assert WRONG in _enter(other, code).content.decode()
    assert not _opens(other)


@pytest.mark.parametrize("code", ["", "12345", "１２３４５６", "abcd-efgh", "x" * 500, "\x00"])
def test_what_is_no_code_is_refused_in_a_sentence(ann: User, watch: Watch, code: str) -> None:
    watch.turn_on(ann)
    client = with_password(ann)
    assert WRONG in _enter(client, code).content.decode()
    assert not _opens(client)


def test_guesses_are_slowed_down_more_and_more(ann: User, watch: Watch) -> None:
    codes = watch.turn_on(ann)
    client = with_password(ann)
    for wait in (1, 2, 4):
        assert WRONG in _enter(client, watch.wrong(ann)).content.decode()
        told = _enter(client, watch.code(ann)).content.decode()
        assert f"Try again in {wait} second{'s' * (wait > 1)}." in told
        assert not _opens(client)
        watch.passes(wait)
    for _guess in range(6):
        assert WRONG in _enter(client, watch.wrong(ann)).content.decode()
        watch.passes(1000)
    _enter(client, watch.wrong(ann))
    assert "Try again in 9 minutes." in _enter(client, watch.code(ann)).content.decode()
    assert _enter(with_password(ann), codes[0])["Location"] == HEALTH


def test_guesses_of_recovery_codes_are_slowed_down_too(ann: User, watch: Watch) -> None:
    codes = watch.turn_on(ann)
    client = with_password(ann)
    _enter(client, "aaaa-aaaa")
    assert "Too many wrong codes." in _enter(client, codes[0]).content.decode()
    watch.passes(1)
    assert _enter(client, codes[0])["Location"] == HEALTH


def test_turning_off_takes_a_code(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    client = with_password(ann)
    _enter(client, watch.code(ann))
    assert WRONG in client.post(PAGE, {"do": "off"}).content.decode()
    assert second_factor.is_on(ann)
    watch.passes(STEP)
    client.post(PAGE, {"do": "off", "code": watch.next_code(ann)})
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert _opens(client)
    assert _opens(with_password(ann))


def test_new_recovery_codes_void_the_old(ann: User, watch: Watch) -> None:
    old = watch.turn_on(ann)
    client = with_password(ann)
    _enter(client, watch.code(ann))
    told = client.post(PAGE, {"do": "renew", "code": watch.next_code(ann)}).content.decode()
    new = re.findall(r"<li>([a-z2-7-]{9})</li>", told)
    assert len(new) == 10
    assert WRONG in _enter(with_password(ann), old[0]).content.decode()
    watch.passes(1)
    assert _enter(with_password(ann), new[0])["Location"] == HEALTH


def test_turning_it_on_closes_whatever_else_is_open(ann: User, watch: Watch) -> None:
    elsewhere = with_password(ann)
    assert _opens(elsewhere)
    watch.turn_on(ann)
    assert not _opens(elsewhere)


def test_somebody_elses_app_opens_nothing(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    ben = somebody("ben")
    codes = watch.turn_on(ben)
    client = with_password(ann)
    for code in (watch.code(ben), codes[0]):
        assert WRONG in _enter(client, code).content.decode()
    session = client.session
    session["otp_device_id"] = TOTPDevice.objects.get(user=ben).persistent_id
    session.save()
    assert not _opens(client)


def test_where_everybody_needs_it_nothing_opens_before(
    ann: User, watch: Watch, settings: Any
) -> None:
    settings.SOJOURN_REQUIRE_2FA = True
    client = with_password(ann)
    for url in (HEALTH, "/admin/", "/admin/password_change/", "/admin/journeys/journey/"):
        asked = client.get(url, follow=True)
        assert asked.redirect_chain[-1][0].startswith(PAGE)
        assert "Everybody who works here needs it." in asked.content.decode()
        assert "/admin/auth/user/" not in asked.content.decode()
    client.post(f"{PAGE}?next={HEALTH}", {"do": "begin"})
    given = {"do": "confirm", "code": watch.code(ann)}
    told = client.post(f"{PAGE}?next={HEALTH}", given).content.decode()
    assert f'href="{HEALTH}">' in told
    assert _opens(client)


def test_who_is_not_of_the_staff_has_no_page(ann: User) -> None:
    client = Client()
    client.force_login(User.objects.create_user("customer"))
    assert "/login/" in client.get(PAGE)["Location"]
    assert "/login/" in client.post(PAGE, {"do": "begin"})["Location"]
    assert not TOTPDevice.objects.exists()


def test_the_operator_turns_it_off(ann: User, watch: Watch, capsys: Any) -> None:
    watch.turn_on(ann)
    call_command("two_factor_off", "ann")
    assert capsys.readouterr().out == "Two-factor sign-in of ann is off.\n"
    assert _opens(with_password(ann))
    assert _actions()[-1] == "command two_factor_off ann"
    with pytest.raises(CommandError, match="ann has no two-factor sign-in"):
        call_command("two_factor_off", "ann")
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("two_factor_off", "nobody")


def test_it_is_on_record_without_secrets(ann: User, watch: Watch) -> None:
    client = with_password(ann)
    client.post(PAGE, {"do": "begin"})
    key = TOTPDevice.objects.get(user=ann).key
    told = client.post(PAGE, {"do": "confirm", "code": watch.code(ann)}).content.decode()
    codes = re.findall(r"<li>([a-z2-7-]{9})</li>", told)
    _enter(with_password(ann), codes[0])
    client.post(PAGE, {"do": "renew", "code": watch.next_code(ann)})
    client.post(PAGE, {"do": "off", "code": watch.next_code(ann)})
    done = ("two_factor_on", "recovery_code_used", "recovery_codes_made", "two_factor_off")
    assert _actions() == [f"admin:ann {action} ann" for action in done]
    for secret in (key, *(code.replace("-", "") for code in codes)):
        assert not places_of(secret)


def test_the_devices_have_no_pages_of_their_own(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    client = with_password(ann)
    _enter(client, watch.code(ann))
    for place in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert client.get(f"/admin/{place}/").status_code == 404
    assert StaticToken.objects.count() == 10


def test_the_list_of_users_tells_who_has_it(ann: User, watch: Watch) -> None:
    somebody("ben")
    watch.turn_on(ann)
    client = with_password(ann)
    _enter(client, watch.code(ann))
    rows = client.get("/admin/auth/user/?o=7").context["cl"].result_list
    told = {user.username: user.has_app for user in rows}
    assert (told["ann"], told["ben"]) == (True, False)
    assert list(told)[-1] == "ann"


def test_the_answer_has_the_policy_of_the_admin(ann: User, watch: Watch) -> None:
    watch.turn_on(ann)
    client = with_password(ann)
    for answer in (client.get(PAGE), _enter(client, "1"), _enter(client, watch.code(ann))):
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]


def test_a_password_alone_is_enough_without_it(ann: User) -> None:
    client = Client()
    answer = client.post("/admin/login/", {"username": "ann", "password": PASSWORD}, follow=True)
    assert answer.status_code == 200
    assert _opens(client)
