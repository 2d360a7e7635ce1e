"""One long-lived child process: own session, own log, watched, restarted when it dies, stopped for good.

A thread owns the child from start to end, because Linux ties the parent-death signal to the
thread that forked. The child never outlives its parent (Linux), never holds its locks.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
CALM_SECONDS = 10.0
"""A child that lived this long starts again without delay."""


class ChildError(RuntimeError):
    """A child could not be started; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """The system user under whom a child runs."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What to run and how to end it; `stops` are tried in order, each with its patience in seconds."""

    name: str
    command: Sequence[str]
    log: Path
    stops: Sequence[tuple[signal.Signals, float]]
    death_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    cwd: str = "/"
    env: dict[str, str] | None = None
    backoff: float = 0.05
    longest_backoff: float = 5.0


def _no_hook() -> None:
    """Nothing to clean up."""


def _complain(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


_LIBC = _libc()


def die_with_parent(death_signal: int, parent: int) -> Callable[[], None] | None:
    """A hook run between fork and exec; None where the system has no such signal."""
    libc = _LIBC
    if libc is None:
        return None

    def hook() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return hook


@dataclass(kw_only=True)
class Child:
    """A supervised process. `ready` asks whether it serves; `transient` whether a failed start may pass."""

    spec: Spec
    ready: Callable[[], bool]
    prepare: Callable[[], None] = _no_hook
    sweep: Callable[[], None] = _no_hook
    transient: Callable[[str], bool] = lambda _tail: False
    report: Callable[[str], None] = _complain
    error: Exception | None = None
    _process: subprocess.Popen[bytes] | None = None
    _settled: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        self._thread = threading.Thread(target=self._live, name=f"watch-{self.spec.name}", daemon=True)
        self._thread.start()

    def wait_ready(self, *, seconds: float) -> None:
        """Return when the child serves; raise ChildError when it cannot."""
        if not self._settled.wait(seconds):
            self.error = ChildError(
                f"{self.spec.name} did not answer within {seconds:.0f} s; see {self.spec.log}"
            )
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """End the child and everything in its process group; safe to call twice."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _live(self) -> None:
        try:
            self.prepare()
            self._first_start()
            self._settled.set()
            self._keep_alive()
        except (ChildError, OSError, subprocess.SubprocessError) as error:
            self.error = error
        finally:
            self._settled.set()
            self._end()

    def _first_start(self) -> None:
        patience = time.monotonic() + 15
        while not self._stopping.is_set():
            offset = self._spawn()
            if self._became_ready():
                return
            tail = self._tail(offset)
            if self._stopping.is_set():
                return
            if not self.transient(tail) or time.monotonic() > patience:
                raise ChildError(f"{self.spec.name} did not start: {last_words(tail)} (log: {self.spec.log})")
            self._stopping.wait(self.spec.backoff)

    def _became_ready(self) -> bool:
        while not self._stopping.is_set() and self._alive():
            if self.ready() and self._alive():
                return True
            self._stopping.wait(0.02)
        return False

    def _keep_alive(self) -> None:
        delay = 0.0
        while not self._stopping.is_set():
            born = time.monotonic()
            while not self._stopping.is_set() and self._alive():
                self._stopping.wait(0.05)
            if self._stopping.is_set():
                return
            self._kill_group()
            self.sweep()
            lived = time.monotonic() - born
            delay = self.spec.backoff if lived > CALM_SECONDS or not delay else delay * 2
            self.report(f"{self.spec.name} ended unexpectedly ({self._verdict()}); starting it again")
            self._stopping.wait(min(delay, self.spec.longest_backoff))
            if not self._stopping.is_set():
                self._spawn()

    def _spawn(self) -> int:
        """Start the process; return the log's length before it wrote anything."""
        spec = self.spec
        account = spec.account
        with spec.log.open("ab") as log:
            offset = log.tell()
            self._process = subprocess.Popen(
                spec.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=spec.cwd,
                env=spec.env,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                preexec_fn=die_with_parent(spec.death_signal, os.getpid()),
            )
        return offset

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _verdict(self) -> str:
        code = self._process.returncode if self._process else 0
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    def _tail(self, offset: int) -> str:
        with self.spec.log.open("rb") as log:
            log.seek(offset)
            return log.read()[-4000:].decode(errors="replace")

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        for number, patience in self.spec.stops:
            if process.poll() is not None:
                break
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        self._kill_group()
        process.wait()

    def _kill_group(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def last_words(tail: str) -> str:
    """The line of a log that explains the end best."""
    lines: Iterable[str] = [line.strip() for line in tail.splitlines() if line.strip()]
    grave = [line for line in lines if "FATAL" in line or "rror" in line]
    return (grave or list(lines) or ["it wrote nothing"])[-1]
