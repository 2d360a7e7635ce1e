"""Two who type the same code at the same moment: one gets in."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.contrib.auth.models import User

from config import second_factor
from profiles.core.answers import Refused
from tests.admin.authenticator import Watch, somebody
from tests.threads import in_a_thread

AT_ONCE = 4


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_a_code_opens_once_though_many_type_it_together(
    transactional_db: None, workspace: None, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    watch, ann = Watch(monkeypatch), somebody("ann")
    codes = watch.turn_on(ann)
    code = codes[0] if kind == "recovery" else watch.code(ann)
    together = Barrier(AT_ONCE)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        tries = [
            threads.submit(in_a_thread, partial(_gets_in, ann, code, together))
            for _each in range(AT_ONCE)
        ]
    assert sorted(each.result() for each in tries) == [False] * (AT_ONCE - 1) + [True]


def _gets_in(user: User, code: str, together: Barrier) -> bool:
    together.wait()
    try:
        second_factor.check(user, code)
    except Refused:
        return False
    return True
