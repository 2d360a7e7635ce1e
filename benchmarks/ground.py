"""The ground of one run: its own PostgreSQL and Valkey in a temporary folder, and databases that
are
cloned from prepared ones, so that every measurement begins with the same rows.

`serving` comes before Django: it names the servers in the environment that settings read.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded import DATABASE, default_broker_url, default_database_url, run_dir
from config.embedded_supervisor import Supervisor

FOREIGN = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "SOJOURN_QUIET_HOURS")
GIVEN = {
    "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    "SECRET_KEY": "known to everybody, and good enough for benchmarks, which keep no secrets",
    "DEBUG": "0",
    "SOJOURN_SANDBOX": "0",
    "SOJOURN_GLOBAL_CONTROL": "0",
    "SOJOURN_WRITE_KEY": "benchmarks-write-key",
    "LOG_LEVEL": "ERROR",
}


class Ground:
    """The servers while they run. Databases are named by what was put into them."""

    def __init__(self, home: Path, supervisor: Supervisor) -> None:
        self.home = home
        self.supervisor = supervisor
        self._prepared: set[str] = set()

    @property
    def postgres_pid(self) -> int:
        return self.supervisor.children["pg"].pid

    @property
    def valkey_pid(self) -> int:
        return self.supervisor.children["vk"].pid

    def prepare(self, name: str, fill: Callable[[], None], *, base: str = "empty") -> None:
        """Keep a database `name`: a clone of `base`, filled once."""
        if name in self._prepared:
            return
        self.restore(base)
        fill()
        self._copy(DATABASE, f"kept_{name}")
        self._prepared.add(name)

    def restore(self, name: str) -> None:
        """Make the database that everybody uses a fresh clone of a kept one."""
        from profiles.operations import partitions

        partitions.forget()
        if name == "empty" and name not in self._prepared:
            _migrate()
            self._copy(DATABASE, "kept_empty")
            self._prepared.add("empty")
        self._copy(f"kept_{name}", DATABASE)
        with self._outside(DATABASE) as connection:
            connection.execute("CHECKPOINT")

    def _copy(self, source: str, target: str) -> None:
        _let_go()
        with self._outside("postgres") as connection:
            names = {"s": sql.Identifier(source), "t": sql.Identifier(target)}
            for statement in (
                "DROP DATABASE IF EXISTS {t} WITH (FORCE)",
                "CREATE DATABASE {t} TEMPLATE {s} STRATEGY FILE_COPY",
            ):
                connection.execute(sql.SQL(statement).format(**names))  # type: ignore[arg-type]

    def wal(self) -> int:
        """How many bytes of WAL the server has written so far."""
        with self._outside("postgres") as connection:
            row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
        return int(row[0]) if row else 0

    def _outside(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(run_dir(self.home) / "pg"), user=DATABASE, dbname=database, autocommit=True
        )


@contextlib.contextmanager
def serving() -> Iterator[Ground]:
    """Start the servers as production does (every commit reaches the disk), and clear away."""
    home = Path(tempfile.mkdtemp(prefix="sojourn-bench-")).resolve()
    home.chmod(0o711)
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(GIVEN, SOJOURN_STATE=str(home))
    try:
        with Supervisor(home) as supervisor:
            os.environ["DATABASE_URL"] = default_database_url()
            os.environ["REDIS_URL"] = default_broker_url()
            _set_up_django()
            yield Ground(home, supervisor)
            _let_go()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _set_up_django() -> None:
    import django

    django.setup()


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)


def _let_go() -> None:
    """Drop this process's own connections; a database in use is neither cloned nor dropped.

    Whatever remembers rows (plans, keys) runs in processes of its own, begun after the cloning.
    """
    from django.db import connections

    connections.close_all()
