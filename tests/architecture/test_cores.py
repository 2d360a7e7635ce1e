"""Cores are functions of their arguments: they run without any server or SDK."""

import json
import subprocess
import sys

from tests.architecture.tree import REPOSITORY, dotted, modules

ABSENT = (
    *("django", "celery", "kombu", "redis", "psycopg", "twilio", "sendgrid", "pywebpush"),
    *("requests", "httpx"),
)

IMPORT_ALL = """
import importlib, json, sys

absent, names = json.loads(sys.argv[1])


class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"{name} is not for cores", name=name)


sys.meta_path.insert(0, Nowhere())
for name in names:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules} & set(absent)))
"""


def run(names: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", IMPORT_ALL, json.dumps([ABSENT, names])]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_every_core_imports_without_django_celery_or_any_sdk() -> None:
    names = [dotted(path) for path in modules("journeys", "channels", "profiles")]
    cores = [name for name in names if name.split(".")[1:2] == ["core"]]
    assert len(cores) > 50
    told = run(cores)
    assert (told.returncode, told.stdout.strip()) == (0, ""), told.stderr


def test_the_absence_is_real() -> None:
    told = run(["profiles.queries.clock"])
    assert "django is not for cores" in told.stderr
