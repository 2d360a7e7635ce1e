"""python -m tests.emulators {sendgrid|twilio|push|smtp} [--port N] [--log FILE] [--delay SECONDS]

Prints `ready URL` when it serves; ends on SIGTERM or Ctrl-C.
"""

import argparse
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from tests.emulators.push import Push
from tests.emulators.sendgrid import SendGrid
from tests.emulators.server import Emulator
from tests.emulators.smtp import MailServer
from tests.emulators.twilio import Twilio


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators", description=__doc__)
    parser.add_argument("provider", choices=["sendgrid", "twilio", "push", "smtp"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="append what is accepted, a JSON line each")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--account-sid", default=f"AC{'0' * 32}", help="twilio only")
    parser.add_argument("--auth-token", default="token", help="twilio only")
    options = parser.parse_args()
    common = {"port": options.port, "log": options.log}
    http = {**common, "delay": options.delay}
    twilio = {"account_sid": options.account_sid, "auth_token": options.auth_token}
    makers: dict[str, Callable[[], Emulator | MailServer]] = {
        "sendgrid": lambda: SendGrid(**http),
        "twilio": lambda: Twilio(**twilio, **http),
        "push": lambda: Push(**http),
        "smtp": lambda: MailServer(**common),
    }
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with makers[options.provider]() as emulator:
        print(f"ready {emulator.url}", flush=True)
        stop.wait()


main()
