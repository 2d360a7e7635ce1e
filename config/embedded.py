"""Where the embedded PostgreSQL and Valkey live, and their addresses.

Pure functions of the environment, so that settings can name an address before anything runs.
Nothing here starts, opens or creates anything; `config.embedded_supervisor` does.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from config.embedded_binaries import SHARED, open_to
from config.env import env

REPOSITORY = Path(__file__).resolve().parent.parent
DATABASE = "sojourn"
LONGEST_TEMPORARY = 56
"""A unix socket's path must stay below 104 bytes; ours add 47 to the temporary folder's."""


def state_dir() -> Path:
    """Where data, logs and secrets live: SOJOURN_STATE, else `.state` beside manage.py.

    Root's servers run as another user: a checkout that this one cannot enter has no state inside.
    """
    chosen = env.str("SOJOURN_STATE", default="")
    if chosen:
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0 and not open_to(REPOSITORY):
        return SHARED / _digest(REPOSITORY)
    return REPOSITORY / ".state"


def run_dir(state: Path) -> Path:
    """The folder of the sockets, short enough for a socket's name."""
    temporary = Path(tempfile.gettempdir()).resolve()
    too_long = len(os.fsencode(temporary)) > LONGEST_TEMPORARY
    if too_long or (os.geteuid() == 0 and not open_to(temporary)):
        temporary = Path("/tmp").resolve()  # noqa: S108 - the folder inside is ours and checked
    return temporary / f"sojourn-{os.geteuid()}-{_digest(state)}"


def default_database_url() -> str:
    """The embedded database, as libpq and django-environ read it."""
    sockets = quote(str(run_dir(state_dir()) / "pg"), safe="")
    return f"postgresql://{DATABASE}@{sockets}/{DATABASE}"


def default_broker_url() -> str:
    """The embedded broker, as kombu reads it."""
    return f"redis+socket://{run_dir(state_dir()) / 'vk' / 'valkey.sock'}"


def embedded_parts() -> frozenset[str]:
    """Which servers nobody has named an address for: a subset of {"pg", "vk"}."""
    names = {"pg": "DATABASE_URL", "vk": "REDIS_URL"}
    return frozenset(part for part, name in names.items() if not env.str(name, default=""))


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:10]
