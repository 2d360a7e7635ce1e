"""For the peer's web process: its own routes."""

from benchmarks.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.peer.views"
