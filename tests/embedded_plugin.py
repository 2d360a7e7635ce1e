"""Gives each pytest run its own PostgreSQL and Valkey, started before Django reads its settings.

Loaded by `-p tests.embedded_plugin`. xdist workers inherit the environment of the run that started them.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import (
    FAST,
    Supervisor,
    default_broker_url,
    default_database_url,
)


def serve() -> None:
    """Start both servers in a temporary state folder; they end with this process."""
    home = Path(tempfile.mkdtemp(prefix="sojourn-tests-"))
    home.chmod(0o711)
    os.environ["SOJOURN_STATE"] = str(home)
    supervisor = Supervisor(home, options=FAST, durable=False)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(supervisor.stop)
    supervisor.start()
    os.environ["DATABASE_URL"] = default_database_url()
    os.environ["REDIS_URL"] = default_broker_url()


if "PYTEST_XDIST_WORKER" not in os.environ and "DATABASE_URL" not in os.environ:
    serve()
