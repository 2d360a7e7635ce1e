"""An empty database beside the workspace's own, for what must not meet its customers.

Made by the first use, kept, brought up to date; whoever uses it rolls back what they write.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

SUFFIX = "_tests"
LOCK = 0x50A1_7E57
MAY_MAKE = """
SELECT rolname, (rolcreatedb OR rolsuper), EXISTS (SELECT FROM pg_database WHERE datname = %s)
FROM pg_roles WHERE rolname = current_user
"""


class NoScratch(RuntimeError):
    """There is no such database and it cannot be made; the message says what to do."""


@contextmanager
def scratch() -> Iterator[None]:
    """Everything inside speaks to the empty database; whoever comes meanwhile waits. Raises
    NoScratch.
    """
    with _turn(), _another():
        yield


@contextmanager
def _turn() -> Iterator[None]:
    """Hold a lock of one's own database, on a connection that stays with it."""
    spare = connection.copy()
    try:
        with spare.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield
    finally:
        spare.close()


@contextmanager
def _another() -> Iterator[None]:
    own = str(connection.settings_dict["NAME"])
    test = connection.settings_dict["TEST"]
    before, test["NAME"] = test["NAME"], own + SUFFIX
    try:
        require_rights(own + SUFFIX)
        connection.creation.create_test_db(
            verbosity=0, autoclobber=True, serialize=False, keepdb=True
        )
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = own
        test["NAME"] = before


def require_rights(name: str) -> None:
    """Raises NoScratch where the database is not there and may not be made."""
    with connection.cursor() as cursor:
        cursor.execute(MAY_MAKE, [name])
        user, may, exists = cursor.fetchone()
    if not (may or exists):
        message = _(
            "Tests need an empty database beside yours: create %(name)s, or let %(user)s create"
            " databases (ALTER ROLE … CREATEDB)."
        )
        raise NoScratch(message % {"name": name, "user": user})
