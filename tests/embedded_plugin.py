"""Gives each pytest run its own PostgreSQL and Valkey, started before Django reads its settings.

Loaded by `-p tests.embedded_plugin`. Workers of xdist inherit the environment of their run.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from config.child import ChildError
from config.embedded import default_broker_url, default_database_url, embedded_parts, run_dir
from config.embedded_supervisor import FAST, Supervisor

PREFIX = "sojourn-tests-"


def serve(parts: frozenset[str]) -> None:
    """Start the servers in a temporary state folder, which holds all temporary files of the run;
    both end with this process.
    """
    home = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    home.chmod(0o711)
    os.environ["SOJOURN_STATE"] = os.environ["TMPDIR"] = str(home)
    tempfile.tempdir = None  # asked for anew: what killed processes leave goes with the run
    supervisor = Supervisor(home, parts=parts, options=FAST, durable=False)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(supervisor.stop)
    try:
        supervisor.start()
    except ChildError as error:
        raise pytest.UsageError(str(error)) from error
    if "pg" in parts:
        os.environ["DATABASE_URL"] = default_database_url()
    if "vk" in parts:
        os.environ["REDIS_URL"] = default_broker_url()


def clear_away_killed_runs() -> None:
    """A run that was killed leaves its folder, with a lock that nobody holds."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/supervisor.lock"):
        with contextlib.suppress(OSError), lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - lock.stat().st_mtime > 600:
                shutil.rmtree(run_dir(lock.parent), ignore_errors=True)
                shutil.rmtree(lock.parent, ignore_errors=True)


os.environ.setdefault(
    "SECRET_KEY", "known to everybody, and good enough for tests, which keep no secrets"
)
if "PYTEST_XDIST_WORKER" not in os.environ and (missing := embedded_parts()):
    clear_away_killed_runs()
    serve(missing)
