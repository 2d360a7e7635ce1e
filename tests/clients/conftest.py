"""A running server on the test database, as `manage.py up` runs it, for unchanged clients."""

import http.client
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from config.child import Child, Spec
from config.processes import kept_address, web_command
from profiles.operations.access import create_key
from profiles.queries import clock

NODE_CLIENTS = ("@segment/analytics-node@3.1.0", "@rudderstack/rudder-sdk-node@3.0.13")
START_SECONDS = 180
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def live_server_url(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """`http://127.0.0.1:PORT`. Tests that use it commit: mark them `transaction=True`."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(
        path=f"/{connection.settings_dict['NAME']}"
    )
    with kept_address("127.0.0.1", 0) as address:
        spec = Spec(
            name="web",
            command=web_command(address),
            log=tmp_path_factory.mktemp("web") / "log",
            stops=((signal.SIGTERM, 10.0), (signal.SIGKILL, 1.0)),
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database.geturl()},
        )
        web = Child(spec=spec, ready=lambda: _answers(address.port))
        web.start()
        try:
            web.wait_ready(seconds=START_SECONDS)
            yield address.url
        finally:
            web.stop()


@pytest.fixture
def write_key(transactional_db: None) -> str:
    """A key that the running server knows too."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_event")
    return create_key(name="clients", kind="write", scopes=[], now=clock.now())


@pytest.fixture(scope="session")
def node_modules(request: pytest.FixtureRequest) -> Path:
    """The Node clients, installed once into pytest's cache; skips where that is impossible."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed here")
    home = Path(request.config.cache.mkdir("node-clients"))
    command = [npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", "--no-save"]
    command += ["--cache", str(home / "npm"), "--no-update-notifier"]
    wanted = home / "installed"
    if not wanted.is_file() or wanted.read_text() != " ".join(NODE_CLIENTS):
        done = subprocess.run(
            [*command, *NODE_CLIENTS], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"npm could not install the clients: {done.stderr.strip()[-300:]}")
        wanted.write_text(" ".join(NODE_CLIENTS))
    return home / "node_modules"


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        asked.close()
