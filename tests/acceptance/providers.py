"""The providers that an installation is pointed at, and the variables that point it there."""

from contextlib import ExitStack
from typing import Self

from tests.channels.providers import vapid_key
from tests.emulators.push import Push
from tests.emulators.sendgrid import SendGrid
from tests.emulators.site import Site
from tests.emulators.twilio import Twilio

SID, TOKEN = f"AC{'1' * 32}", "token-of-the-test"
SENDER = "+15005550006"


class Providers:
    """SendGrid, Twilio, a push service and the shop's site, each behind a port of its own."""

    def __init__(self) -> None:
        self.mail = SendGrid(api_key="SG.test")
        self.sms = Twilio(account_sid=SID, auth_token=TOKEN)
        self.push = Push()
        self.site = Site({"/welcome": 200})
        self._running = ExitStack()

    def __enter__(self) -> Self:
        for provider in (self.mail, self.sms, self.push, self.site):
            self._running.enter_context(provider)  # type: ignore[arg-type]
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def page(self) -> str:
        """Where the messages lead."""
        return self.site.at("/welcome?from=mail")

    def variables(self) -> dict[str, str]:
        return {
            "SENDGRID_API_KEY": "SG.test",
            "SENDGRID_BASE_URL": self.mail.url,
            "SENDGRID_WEBHOOK_PUBLIC_KEY": self.mail.public_key,
            "EMAIL_FROM": "Shop <shop@example.com>",
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
            "TWILIO_BASE_URL": self.sms.url,
            "VAPID_PRIVATE_KEY": vapid_key(),
            "VAPID_SUBJECT": "mailto:ops@example.com",
        }
