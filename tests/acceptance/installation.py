"""A whole Sojourn on a state folder of its own, started as a user starts it, seen from outside.

Nothing of the product runs in the test's process: it speaks HTTP, and looks into the tables.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
import redis

from config.embedded import DATABASE, run_dir
from tests.config.processes import REPOSITORY, child_running, descendants, environment

WRITE_KEY = "write-key-of-the-test"
API_KEY = "api-key-of-the-test"
STOP_SECONDS = 120.0

CONFIGURE = """
from channels.models import Account
account = Account.objects.get(slug={slug!r})
account.options = {{**account.options, **{options!r}}}
account.save()
"""


class Installation:
    """`manage.py up` with the given variables: its API, its tables and its processes."""

    def __init__(self, workers: int = 2, /, **variables: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sojourn-home-")).resolve()
        self.home.chmod(0o711)
        self.workers = workers
        given = {
            "SOJOURN_STATE": str(self.home),
            "SOJOURN_SANDBOX": "0",
            "SOJOURN_WRITE_KEY": WRITE_KEY,
            "SOJOURN_API_KEY": API_KEY,
        }
        self.environment = environment(**{**given, **variables})
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start(port=0)
        except BaseException:
            self._clear_away()
            raise
        bearer = {"Authorization": f"Bearer {API_KEY}"}
        self.api = httpx.Client(base_url=f"{self.url}/api/v1", headers=bearer, timeout=60)
        self.web = httpx.Client(base_url=self.url, auth=(WRITE_KEY, ""), timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.web.close()
        self._clear_away()

    def restart(self) -> float:
        """Stop it in good order and start it again where it was; how long the stop took."""
        asked = time.monotonic()
        self.process.terminate()
        self.process.communicate(timeout=STOP_SECONDS)
        took = time.monotonic() - asked
        self._start(port=int(self.url.rpartition(":")[2]))
        return took

    def _start(self, *, port: int) -> None:
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        command += ["--workers", str(self.workers)]
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self.environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        word, _, self.url = self.process.stdout.readline().strip().partition(" ")
        assert word == "ready", self.logs()
        self.environment["PUBLIC_URL"] = self.url

    def _clear_away(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()
            self.process.communicate()
            shutil.rmtree(run_dir(self.home), ignore_errors=True)
            shutil.rmtree(self.home, ignore_errors=True)

    def logs(self) -> str:
        """The ends of all logs, for the message of a failed test."""
        paths = [self.home / "up.log", *sorted((self.home / "logs").glob("*.log"))]
        ends = ((path.name, path.read_text(errors="replace")[-4000:]) for path in paths)
        return "\n".join(f"== {name}\n{end}" for name, end in ends)

    def log(self, name: str) -> str:
        """What one of the parts has written so far."""
        return (self.home / "logs" / f"{name}.log").read_text(errors="replace")

    def configure(self, slug: str, **options: str) -> None:
        """Change a provider account, as an operator would in the admin."""
        self.run(CONFIGURE.format(slug=slug, options=options))

    def run(self, code: str) -> None:
        """Have the product's own shell run a few lines."""
        settings = self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        subprocess.run(command, cwd=REPOSITORY, env=settings, check=True, capture_output=True)

    def publish(self, document: dict[str, Any]) -> str:
        """Save and publish a journey through the API; its slug."""
        slug: str = document["journey"]
        saved = self.api.put(f"/journeys/{slug}", json={"document": document, "revision": None})
        assert saved.status_code == 200, saved.text
        published = self.api.post(f"/journeys/{slug}/publish", json={})
        assert published.status_code == 200, published.text
        return slug

    def report(self, slug: str) -> dict[str, Any]:
        answer = self.api.get(f"/journeys/{slug}/report")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def database(self) -> psycopg.Connection:
        """A connection of the test's own."""
        place = str(run_dir(self.home) / "pg")
        return psycopg.connect(host=place, user=DATABASE, dbname=DATABASE, autocommit=True)

    def rows(self, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        """What the tables hold right now."""
        with self.database() as connection:
            return connection.execute(sql, given).fetchall()  # type: ignore[arg-type]

    def number(self, sql: str, *given: Any) -> Any:
        """The one value that a query answers."""
        ((value,),) = self.rows(sql, *given)
        return value

    def broker(self) -> redis.Redis:
        place = run_dir(self.home) / "vk" / "valkey.sock"
        return redis.Redis(unix_socket_path=str(place), socket_timeout=60)

    def pid(self, *words: str) -> int | None:
        """The oldest process of ours whose command line holds all words."""
        return child_running(self.process.pid, *words)

    def children(self, pid: int) -> list[int]:
        return sorted(descendants(pid))

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One more process of the product, beside those that `up` runs."""
        settings = self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        with (self.home / "logs" / "spawned.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], cwd=REPOSITORY, env=settings, stdout=log, stderr=log
            )


def batches(calls: Sequence[dict[str, Any]], *, size: int = 1000) -> list[dict[str, Any]]:
    """The calls as bodies for /v1/batch, each below what one request may carry."""
    return [{"batch": list(calls[at : at + size])} for at in range(0, len(calls), size)]
