"""A process that is held up until its lease is over is ended by the kernel: it never wakes to send.

The check before the first byte cannot help one that is stopped between the check and the byte. The
kernel's timer runs on while a process is stopped, and while the machine sleeps. Linux only;
elsewhere the check is all there is.
"""

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

CLOCK_BOOTTIME = 7
SIGEV_SIGNAL = 0


class _Event(ctypes.Structure):
    """`struct sigevent` of Linux: 64 bytes."""

    _fields_ = [
        ("value", ctypes.c_void_p),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_char * 48),
    ]


class _Span(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _Times(ctypes.Structure):
    """`struct itimerspec`: once, after `first`."""

    _fields_ = [("again", _Span), ("first", _Span)]


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Kill this process if the block is not left within `seconds`, whatever keeps it."""
    library = _library()
    if library is None:
        yield
        return
    timer = ctypes.c_void_p()
    event = _Event(signo=int(signal.SIGKILL), notify=SIGEV_SIGNAL)
    _done(library.timer_create(CLOCK_BOOTTIME, ctypes.byref(event), ctypes.byref(timer)))
    try:
        whole, rest = divmod(seconds, 1)
        times = _Times(first=_Span(int(whole), int(rest * 1e9)))
        _done(library.timer_settime(timer, 0, ctypes.byref(times), None))
        yield
    finally:
        library.timer_delete(timer)


def _done(answer: int) -> None:
    if answer:
        number = ctypes.get_errno()
        raise OSError(number, "The kernel gave no timer.")


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    """Where the C library keeps its timers: in itself, before glibc 2.34 apart."""
    if not sys.platform.startswith("linux"):
        return None
    for name in (None, "librt.so.1"):
        try:
            library = ctypes.CDLL(name, use_errno=True)
            library.timer_create.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
            library.timer_settime.argtypes = [
                ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p
            ]  # fmt: skip
            library.timer_delete.argtypes = [ctypes.c_void_p]
        except (AttributeError, OSError):
            continue
        return library
    return None
