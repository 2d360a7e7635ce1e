"""python -m tests.emulators PROVIDER [--port N] [--log FILE] [--delay SECONDS]

PROVIDER is one of sendgrid, twilio, push, smtp, telegram, webhook.
Prints `ready URL` when it serves; ends on SIGTERM or Ctrl-C.
"""

import argparse
import signal
from collections.abc import Callable
from pathlib import Path

from tests.emulators.apns import Apns
from tests.emulators.fcm import Fcm
from tests.emulators.postmark import Postmark
from tests.emulators.push import Push
from tests.emulators.sendgrid import SendGrid
from tests.emulators.server import Emulator
from tests.emulators.smtp import MailServer
from tests.emulators.telegram import Telegram
from tests.emulators.twilio import Twilio
from tests.emulators.webhook import SECRET, Webhook


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators", description=__doc__)
    providers = ["sendgrid", "twilio", "push", "smtp", "telegram", "webhook", "fcm", "apns"]
    parser.add_argument("provider", choices=[*providers, "postmark"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="append what is accepted, a JSON line each")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--account-sid", default=f"AC{'0' * 32}", help="twilio only")
    parser.add_argument("--auth-token", default="token", help="twilio only")
    parser.add_argument("--bot-token", default="42:token", help="telegram only")
    parser.add_argument("--secret", default=SECRET, help="webhook only")
    options = parser.parse_args()
    common = {"port": options.port, "log": options.log}
    http = {**common, "delay": options.delay}
    twilio = {"account_sid": options.account_sid, "auth_token": options.auth_token}
    makers: dict[str, Callable[[], Emulator | MailServer]] = {
        "sendgrid": lambda: SendGrid(**http),
        "twilio": lambda: Twilio(**twilio, **http),
        "push": lambda: Push(**http),
        "fcm": lambda: Fcm(**http),
        "apns": lambda: Apns(**http),
        "postmark": lambda: Postmark(**http),
        "smtp": lambda: MailServer(**common),
        "telegram": lambda: Telegram(token=options.bot_token, **http),
        "webhook": lambda: Webhook(options.secret, **http),
    }
    # Held back for every thread and fetched here: a handler could come just before the sleep, and
    # nobody would wake again.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with makers[options.provider]() as emulator:
        print(f"ready {emulator.url}", flush=True)
        signal.sigwait(ends)


main()
