"""An installation on the tests' own database that is there within a second: see the nursery."""

import os
import shutil
import subprocess
import sys
from urllib.parse import quote

import psycopg
from django.db import connection

from tests.acceptance.installation import Installation
from tests.config.processes import REPOSITORY
from tests.emulators.sendgrid import SendGrid


def database_url() -> str:
    """Of the database that this test process uses."""
    given = connection.settings_dict
    place = f"{quote(given['HOST'], safe='')}{':' + given['PORT'] if given['PORT'] else ''}"
    who = ":".join(filter(None, (quote(given["USER"]), quote(given["PASSWORD"], safe=""))))
    return f"postgresql://{who}@{place}/{given['NAME']}"


class Small(Installation):
    """The processes rest until `begin`, and after `end`. SendGrid's callbacks are `signer`'s."""

    def __init__(self, signer: SendGrid, /, **variables: str) -> None:
        self.signer = signer
        super().__init__(
            **{**variables, "SENDGRID_WEBHOOK_PUBLIC_KEY": signer.public_key},
            DATABASE_URL=database_url(),
            REDIS_URL=os.environ["REDIS_URL"],
            BROKER_URL="memory://",
            DJANGO_SETTINGS_MODULE="tests.crash.settings",
            SOJOURN_SEND_THREADS="16",  # so that there are several pools
        )

    def _start(self, *, port: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            cwd=REPOSITORY,
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        word, _, self.url = self.process.stdout.readline().strip().partition(" ")
        assert word == "ready"

    def _clear_away(self) -> None:
        self.process.communicate()
        shutil.rmtree(self.home)

    def begin(self, point: str) -> None:
        """Web and worker live; one of them will die at the point."""
        for mark in self.home.glob("died-*"):
            mark.unlink()
        self._tell(f"begin {point}")

    def end(self) -> None:
        """Nobody touches the tables any more."""
        self._tell("end")

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().split() == line.split()[:1]

    def database(self) -> psycopg.Connection:
        given = connection.get_connection_params()
        names = {"host", "port", "user", "password", "dbname"} & given.keys()
        return psycopg.connect(**{name: given[name] for name in names}, autocommit=True)

    def died(self, point: str) -> bool:
        return (self.home / f"died-{point}").exists()

    def logs(self) -> str:
        return ""
