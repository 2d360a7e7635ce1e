"""Segment's and RudderStack's clients for Node, unmodified, against a running server."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.story import arrived

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("script", ["segment.cjs", "rudder.cjs"])
def test_every_call_arrives(
    live_server_url: str, write_key: str, node_modules: Path, script: str
) -> None:
    done = subprocess.run(
        ["node", str(Path(__file__).with_name(script))],
        env={
            **os.environ,
            "NODE_PATH": str(node_modules),
            "URL": live_server_url,
            "KEY": write_key,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    arrived()
