"""Becomes another program: under the given user and, on Linux, ended when its parent ends.

Run as `python -I -S launch.py DEATH_SIGNAL PARENT UID GID PROGRAM ARGUMENT…`; UID -1: no change.
A program of its own, because code between fork and exec is not safe in a process with threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(numbers: list[str], command: list[str]) -> None:
    """Returns only when the parent is gone already; OSError says why the program cannot be run."""
    death_signal, parent, uid, gid = map(int, numbers)
    if uid != -1:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        return
    os.execv(command[0], command)  # noqa: S606 - that is the point


if __name__ == "__main__":
    try:
        become(sys.argv[1:5], sys.argv[5:])
    except OSError as error:
        sys.exit(f"FATAL: {sys.argv[5]} cannot be run: {error.strerror}")
