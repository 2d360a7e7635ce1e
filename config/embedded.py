"""PostgreSQL and Valkey without installing either: who may run them, where they live, how to reach them.

The addresses are pure functions of the state folder, so that settings can name them before anything
runs. One supervisor serves a state folder (flock); other processes use what it serves.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Self
from urllib.parse import quote

from config.child import Account, Child, ChildError, complain
from config.embedded_binaries import SHARED, open_to_all, service_account
from config.embedded_engines import (
    DATABASE,
    Ground,
    dismiss_postgres,
    dismiss_valkey,
    postgres,
    postgres_answers,
    valkey,
    valkey_answers,
)
from config.env import env

REPOSITORY = Path(__file__).resolve().parent.parent
LONGEST_TEMPORARY = 56
"""A unix socket's path must stay below 104 bytes; ours add 48 to the temporary folder's."""
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For data that nobody will miss: tests."""

EmbeddedError = ChildError


def state_dir() -> Path:
    """Where data, logs and secrets live. Absolute; not created here."""
    chosen = env.str("SOJOURN_STATE", default="")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0 and not open_to_all(REPOSITORY):
        return SHARED / _digest(REPOSITORY)
    return REPOSITORY / ".state"


def run_dir(state: Path) -> Path:
    """The folder of the sockets, short enough for a socket's name."""
    temporary = Path(tempfile.gettempdir()).resolve()
    too_long = len(os.fsencode(temporary)) > LONGEST_TEMPORARY
    if too_long or (os.geteuid() == 0 and not open_to_all(temporary)):
        temporary = Path("/tmp").resolve()
    return temporary / f"sojourn-{os.geteuid()}-{_digest(state)}"


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:10]


def default_database_url() -> str:
    """The embedded database, as libpq and django-environ read it."""
    sockets = quote(str(run_dir(state_dir()) / "pg"), safe="")
    return f"postgresql://{DATABASE}@{sockets}/{DATABASE}"


def default_broker_url() -> str:
    """The embedded broker, as kombu reads it."""
    return f"redis+socket://{run_dir(state_dir()) / 'vk' / 'valkey.sock'}"


def embedded_parts() -> frozenset[str]:
    """Which servers nobody has named an address for: a subset of {"pg", "vk"}."""
    parts = {"pg": ["DATABASE_URL"], "vk": ["REDIS_URL", "BROKER_URL"]}
    return frozenset(p for p, names in parts.items() if not any(env.str(n, default="") for n in names))


class Supervisor:
    """Starts the embedded servers of one state folder, keeps them alive, stops them."""

    def __init__(
        self,
        state: Path | None = None,
        *,
        parts: frozenset[str] = frozenset({"pg", "vk"}),
        options: Sequence[str] = (),
        durable: bool = True,
    ) -> None:
        self.state = state or state_dir()
        self.run = run_dir(self.state)
        self.parts = parts
        self.options = options
        self.durable = durable
        self.children: dict[str, Child] = {}
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return when all parts answer. EmbeddedError says what is wrong and what helps."""
        if not self.parts:
            return
        account = service_account()
        _make_state(self.state, account)
        self._lock = _take(self.state / "supervisor.lock")
        try:
            self._start_all(account)
        except BaseException:
            self.stop()
            raise

    def _start_all(self, account: Account | None) -> None:
        _make_run(self.run, self.parts, account)
        self._dismiss_leftovers()
        if "pg" in self.parts:
            self.children["pg"] = postgres(
                self._ground("pg", "postgres.log", account),
                options=self.options,
                durable=self.durable,
            )
        if "vk" in self.parts:
            self.children["vk"] = valkey(self._ground("vk", "valkey.log", account))
        for child in self.children.values():
            child.start()
        for child in self.children.values():
            child.wait_ready(seconds=60)

    def stop(self) -> None:
        """End the servers, remove their sockets, give the state folder free. Safe to call twice."""
        for child in self.children.values():
            child.stop()
        if self._lock is not None:
            shutil.rmtree(self.run, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def _ground(self, part: str, log: str, account: Account | None) -> Ground:
        return Ground(
            data=self.state / part,
            log=self.state / "logs" / log,
            sockets=self.run / part,
            account=account,
            report=complain,
        )

    def _dismiss_leftovers(self) -> None:
        """We hold the lock, so whatever still answers has lost its supervisor."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            left = _answering(self.run, self.parts)
            if not left:
                return
            if "pg" in left:
                dismiss_postgres(self.state / "pg")
            if "vk" in left:
                dismiss_valkey(self.run / "vk")
            time.sleep(0.1)


@contextlib.contextmanager
def ensure_running() -> Iterator[None]:
    """Serve the embedded servers for the length of a command, unless others do or URLs are set."""
    parts = embedded_parts()
    if not parts:
        yield
        return
    state = state_dir()
    supervisor = Supervisor(state, parts=parts)
    with contextlib.ExitStack() as stack:
        try:
            supervisor.start()
        except AlreadyServedError:
            _wait_until_served(state, parts)
            stack.enter_context(_using(state))
            yield
            return
        stack.callback(supervisor.stop)
        stack.callback(_wait_for_others, state)
        stack.enter_context(_exit_on_sigterm())
        yield


class AlreadyServedError(EmbeddedError):
    """Another process supervises this state folder."""


def _take(path: Path) -> IO[str]:
    """Lock the file for the life of this process; the kernel frees it however we end."""
    lock = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise AlreadyServedError(
            f"{path.parent} is already served by {holder}: stop that one, "
            "or set SOJOURN_STATE to another folder."
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}")
    lock.flush()
    return lock


def _wait_until_served(state: Path, parts: frozenset[str]) -> None:
    deadline = time.monotonic() + 60
    while _answering(run_dir(state), parts) != parts:
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Another process supervises {state}, but its servers do not answer: stop it and try again."
            )
        time.sleep(0.05)


@contextlib.contextmanager
def _using(state: Path) -> Iterator[None]:
    """While entered, the process that serves us waits with its exit."""
    with (state / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield


def _wait_for_others(state: Path) -> None:
    """Our command is done, but others may work on our servers: the last one frees the lock."""
    with (state / "users.lock").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for other commands that use the embedded database.", file=sys.stderr)
            fcntl.flock(users, fcntl.LOCK_EX)


@contextlib.contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """A terminated command stops its servers too, where nobody else handles the signal."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _answering(run: Path, parts: frozenset[str]) -> frozenset[str]:
    asked: dict[str, Callable[[Path], bool]] = {"pg": postgres_answers, "vk": valkey_answers}
    return frozenset(part for part in parts if asked[part](run / part))


def _make_state(state: Path, account: Account | None) -> None:
    """As root, the folder can be entered (not listed) by the account that runs the servers."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o711 if account else 0o700)
        (state / "logs").mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise EmbeddedError(
            f"The state folder {state} cannot be written ({error.strerror}): "
            "set SOJOURN_STATE to a folder of yours."
        ) from error
    if account is not None and not open_to_all(state):
        raise EmbeddedError(
            f"PostgreSQL runs as `{account.name}`, who cannot enter {state}: "
            f"set SOJOURN_STATE to a folder that every user may enter, such as {SHARED}."
        )


def _make_run(run: Path, parts: frozenset[str], account: Account | None) -> None:
    """The socket folders are ours and real; a planted link or a stranger's folder is refused."""
    run.mkdir(mode=0o711, exist_ok=True)
    facts = run.lstat()
    if run.is_symlink() or facts.st_uid != os.geteuid():
        raise EmbeddedError(f"{run} belongs to somebody else: remove it, or set TMPDIR to a folder of yours.")
    run.chmod(0o711)
    for part in parts:
        folder = run / part
        folder.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
