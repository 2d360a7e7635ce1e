"""A state folder of one's own, outside pytest's closed temporary folders."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import run_dir


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sojourn-home-")).resolve()
    path.chmod(0o711)
    yield path
    shutil.rmtree(run_dir(path), ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)
