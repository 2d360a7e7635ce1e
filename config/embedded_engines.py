"""The two embedded servers as children: how each is laid out, started, asked and ended.

Both listen on a unix socket only, in a folder that other users cannot enter.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.child import Account, Child, ChildError, Spec, last_words, launched
from config.embedded import DATABASE
from config.embedded_binaries import postgres_folder, postgres_version, valkey_binary

BUSY = ("lock file", "shared memory block", "is starting up", "Address already in use")
"""What a start says while the remains of a killed server are still going away."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where a server lives: data and log under the state folder, socket under the run folder."""

    data: Path
    log: Path
    sockets: Path
    account: Account | None
    report: Callable[[str], None]


SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "random_page_cost=1.1",
    "jit=off",
)
"""Of every embedded PostgreSQL."""


def postgres(ground: Ground, *, options: Sequence[str], durable: bool) -> Child:
    """PostgreSQL with the database `sojourn`, made on the first start."""
    folder = postgres_folder()
    settings = [f"unix_socket_directories={ground.sockets}", *SETTINGS, *options]
    command = [str(folder / "postgres"), "-D", str(ground.data)]
    spec = Spec(
        name="PostgreSQL",
        command=command + [part for setting in settings for part in ("-c", setting)],
        log=ground.log,
        stops=((signal.SIGINT, 4.0), (signal.SIGQUIT, 0.5), (signal.SIGKILL, 1.0)),
        # Nobody waits for its last checkpoint any more: the next start recovers from the log.
        death_signal=signal.SIGQUIT,
        account=ground.account,
        env=_environment(),
    )
    return Child(
        spec=spec,
        ready=lambda: postgres_answers(ground.sockets, create=True),
        prepare=lambda: _lay_out(ground, folder, durable=durable),
        sweep=lambda: _dismiss_orphans(ground.data),
        transient=lambda tail: any(sign in tail for sign in BUSY),
        report=ground.report,
    )


def valkey(ground: Ground) -> Child:
    """Valkey, every write kept in its append-only file."""
    flags = {
        "port": "0",
        "unixsocket": str(ground.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(ground.data),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    spec = Spec(
        name="Valkey",
        command=[str(valkey_binary())] + [p for k, v in flags.items() for p in (f"--{k}", v)],
        log=ground.log,
        stops=((signal.SIGTERM, 4.0), (signal.SIGKILL, 1.0)),
        account=ground.account,
        env=_environment(),
    )
    return Child(
        spec=spec,
        ready=lambda: valkey_answers(ground.sockets),
        prepare=lambda: _own_folder(ground.data, ground.account),
        report=ground.report,
    )


def postgres_answers(sockets: Path, *, create: bool = False) -> bool:
    """Whether the database `sojourn` can be used; with `create` it is made when missing."""
    try:
        _connect(sockets, DATABASE).close()
    except psycopg.OperationalError as error:
        missing = f'database "{DATABASE}" does not exist' in str(error)
        return missing and create and _create_database(sockets)
    return True


def _connect(sockets: Path, database: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(sockets), user=DATABASE, dbname=database, connect_timeout=5, autocommit=True
    )


def _create_database(sockets: Path) -> bool:
    try:
        with _connect(sockets, "postgres") as connection:
            connection.execute("CREATE DATABASE sojourn")
    except psycopg.OperationalError:
        return False
    return True


def valkey_answers(sockets: Path) -> bool:
    return _tell_valkey(sockets, b"PING\r\n").startswith(b"+PONG")


def dismiss_valkey(sockets: Path) -> None:
    """End a server that outlived its supervisor; its data stays."""
    _tell_valkey(sockets, b"SHUTDOWN\r\n")


def dismiss_postgres(data: Path) -> None:
    """End a server that outlived its supervisor; its data stays."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGINT)


def _tell_valkey(sockets: Path, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(sockets / "valkey.sock"))
            client.sendall(line)
            return client.recv(64)
        except OSError:
            return b""


def _environment() -> dict[str, str]:
    """Little enough that no PG* or locale variable of the caller changes a server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _own_folder(path: Path, account: Account | None) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if account is not None and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _lay_out(ground: Ground, folder: Path, *, durable: bool) -> None:
    """Make the cluster beside its place, then rename: a broken-off first start leaves no ruin."""
    version = postgres_version(folder)
    if ground.data.exists():
        _check_version(ground.data, version, folder)
        return
    unfinished = ground.data.with_name(ground.data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    _own_folder(unfinished, ground.account)
    _initialise(unfinished, ground, folder, version=version, durable=durable)
    unfinished.rename(ground.data)


def _initialise(data: Path, ground: Ground, folder: Path, *, version: int, durable: bool) -> None:
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    command = [
        str(folder / "initdb"),
        f"--pgdata={data}",
        f"--username={DATABASE}",
        "--auth=trust",
        "--encoding=UTF8",
        *(locale if version >= 17 else ["--locale=C.UTF-8", "--lc-messages=C"]),
        *([] if durable else ["--no-sync"]),
    ]
    done = subprocess.run(
        launched(command, death_signal=signal.SIGTERM, account=ground.account),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        env=_environment(),
        start_new_session=True,
        check=False,
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    with ground.log.open("a", encoding="utf-8") as log:
        log.write(said)
    if done.returncode != 0:
        raise ChildError(
            f"PostgreSQL could not make its data folder {ground.data}: {last_words(said)}. "
            "Set SOJOURN_STATE to a folder on a local disk, or DATABASE_URL to a server of yours."
        )


def _check_version(data: Path, version: int, folder: Path) -> None:
    try:
        written = int((data / "PG_VERSION").read_text())
    except (OSError, ValueError):
        raise ChildError(
            f"{data} holds no PostgreSQL cluster: move it away, "
            "or set SOJOURN_STATE to another folder."
        ) from None
    if written != version:
        raise ChildError(
            f"{data} was written by PostgreSQL {written}, but {folder} holds {version}: "
            f"point PG_BIN at PostgreSQL {written}, or move the folder away to start afresh."
        )


def _dismiss_orphans(data: Path) -> None:
    """Backends of a killed postmaster hold its shared memory until told to go (Linux)."""
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.readlink() == data:
                os.kill(int(entry.parent.name), signal.SIGQUIT)
