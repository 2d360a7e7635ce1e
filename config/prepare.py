"""What must be done before the processes start, in `up` and in production alike:
tables, schedule, seeded keys and provider accounts. Doing it again changes nothing.
"""

from django.core.management import call_command

from channels.operations.accounts import seed_accounts
from config import roles, schedule
from profiles.operations.access import seed_keys
from profiles.queries import clock


def prepare() -> None:
    """Migrate, and make the tables hold what the environment names."""
    call_command("migrate", interactive=False, verbosity=0)
    schedule.sync()
    roles.sync()
    now = clock.now()
    seed_keys(now=now)
    seed_accounts(now=now)
