"""Runs the embedded servers of a state folder. One supervisor serves it; others use what it serves.

A lock file says who serves, so that the kernel frees the folder however its holder ends.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Self

from config.child import Account, Child, ChildError, complain
from config.embedded import embedded_parts, run_dir, state_dir
from config.embedded_binaries import SHARED, open_to, service_account
from config.embedded_engines import (
    Ground,
    dismiss_postgres,
    dismiss_valkey,
    postgres,
    postgres_answers,
    valkey,
    valkey_answers,
)

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""For data that nobody will miss: tests."""
START_SECONDS = 180.0


class AlreadyServedError(ChildError):
    """Another process supervises this state folder."""


class Supervisor:
    """Starts the servers, keeps them alive, stops them. `options` are PostgreSQL's own settings."""

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
        """Return when all parts answer; a ChildError says what is wrong and what helps."""
        if not self.parts:
            return
        account = service_account(self.state / "pg")
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
            ground = self._ground("pg", "postgres.log", account)
            self.children["pg"] = postgres(ground, options=self.options, durable=self.durable)
        if "vk" in self.parts:
            self.children["vk"] = valkey(self._ground("vk", "valkey.log", account))
        for child in self.children.values():
            child.start()
        for child in self.children.values():
            child.wait_ready(seconds=START_SECONDS)

    def stop(self) -> None:
        """End the servers, remove their sockets, give the state folder free. Safe to call twice."""
        for child in self.children.values():
            child.ask_to_stop()
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
        while (left := _answering(self.run, self.parts)) and time.monotonic() < deadline:
            if "pg" in left:
                dismiss_postgres(self.state / "pg")
            if "vk" in left:
                dismiss_valkey(self.run / "vk")
            time.sleep(0.1)


@contextlib.contextmanager
def ensure_running() -> Iterator[None]:
    """Serve for the length of a command, unless another process does or URLs are set."""
    supervisor = Supervisor(state_dir(), parts=embedded_parts())
    if not supervisor.parts:
        yield
        return
    with contextlib.ExitStack() as stack:
        stack.enter_context(_exit_on_sigterm())
        try:
            supervisor.start()
        except AlreadyServedError:
            _wait_until_served(supervisor)
            stack.enter_context(_using(supervisor.state))
        else:
            stack.callback(supervisor.stop)
            stack.callback(_wait_for_others, supervisor.state)
        yield


def _take(path: Path) -> IO[str]:
    """Lock the file for the life of this process; it names the process that holds it."""
    try:
        lock = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise _not_ours(path.parent, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        if not isinstance(error, BlockingIOError):
            raise _not_ours(path.parent, error) from error
        raise AlreadyServedError(
            f"{path.parent} is already served by process {path.read_text(encoding='utf-8')}: "
            "stop that one, or set SOJOURN_STATE to another folder."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _not_ours(state: Path, error: OSError) -> ChildError:
    return ChildError(
        f"The state folder {state} cannot be used ({error.strerror}): give it to the user who runs "
        "this, or set SOJOURN_STATE to a folder on a local disk."
    )


def _wait_until_served(supervisor: Supervisor) -> None:
    deadline = time.monotonic() + START_SECONDS
    while _answering(supervisor.run, supervisor.parts) != supervisor.parts:
        if time.monotonic() > deadline:
            raise ChildError(
                f"Another process serves {supervisor.state}, but none in {supervisor.run} answers: "
                "give both the same TMPDIR, DATABASE_URL and REDIS_URL, or stop that process."
            )
        time.sleep(0.05)


@contextlib.contextmanager
def _using(state: Path) -> Iterator[None]:
    """While entered, the process that serves us waits with its exit."""
    with (state / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield


def _wait_for_others(state: Path) -> None:
    """Our command is done, but others may still work on our servers."""
    with (state / "users.lock").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            complain(
                "Waiting for another command that uses the embedded database (Ctrl-C: stop it)."
            )
            fcntl.flock(users, fcntl.LOCK_EX)


@contextlib.contextmanager
def _exit_on_sigterm() -> Iterator[None]:
    """A terminated command stops its servers too."""

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
        raise _not_ours(state, error) from error
    if account is not None and not open_to(state, account):
        raise ChildError(
            f"PostgreSQL runs as `{account.name}`, who cannot enter {state}: "
            f"set SOJOURN_STATE to a folder that every user may enter, such as one in {SHARED}."
        )


def _make_run(run: Path, parts: frozenset[str], account: Account | None) -> None:
    """The socket folders are ours and real; a planted link or a stranger's folder is refused."""
    with contextlib.suppress(FileExistsError):
        run.mkdir(mode=0o711)
    if run.is_symlink() or run.lstat().st_uid != os.geteuid():
        raise ChildError(
            f"{run} belongs to somebody else: remove it, or set TMPDIR to a folder of yours."
        )
    run.chmod(0o711)
    for part in parts:
        folder = run / part
        folder.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
