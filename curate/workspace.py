"""A workspace: the folder that holds the database, sets, runs, renders and cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, sessionmaker


class NothingScanned(UserError):
    """There are no images to choose from."""


@dataclass(frozen=True)
class Workspace:
    """The folder that `--workspace` names, and the database in it (or elsewhere, by `--database`)."""

    root: Path
    database: str | None = None

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the database."""
        return self.database or f"sqlite:///{self.root.absolute() / 'swipegan.db'}"

    @property
    def sets(self) -> Path:
        """Where sets lie."""
        return self.root / "sets"

    @property
    def runs(self) -> Path:
        """Where runs lie."""
        return self.root / "runs"

    @property
    def renders(self) -> Path:
        """Where generated pictures lie."""
        return self.root / "renders"

    @property
    def cache(self) -> Path:
        """What can be made again: renditions, thumbnails."""
        return self.root / "cache"

    def open(self) -> sessionmaker[Session]:
        """Sessions on the database, made or brought up to date first."""
        from curate.database import open_database

        return open_database(self.database_url)

    def has_database(self) -> bool:
        """Whether there is a database to open without making one."""
        return self.database is not None or (self.root / "swipegan.db").exists()

    def scanned(self) -> sessionmaker[Session]:
        """Sessions on the database that is there; raises NothingScanned where there is none, and makes none."""
        if not self.has_database():
            raise NothingScanned("there is no database here yet; `swipegan scan FOLDER` makes one")
        return self.open()

    def set_path(self, name: str | Path) -> Path:
        """The folder of a set, given its name or its path; an error says which sets there are."""
        return _named(self.sets, name, "set", "set.json", "`swipegan guides`")

    def run_path(self, name: str | Path) -> Path:
        """The folder of a run, given its name or its path; an error says which runs there are."""
        return _named(self.runs, name, "run", "config.json", "`swipegan train`")


def _named(home: Path, name: str | Path, what: str, mark: str, maker: str) -> Path:
    for path in (home / name, Path(name)):
        if (path / mark).exists():
            return path
    known = sorted(path.parent.name for path in home.glob(f"*/{mark}")) if home.is_dir() else []
    there = f"there are: {', '.join(known)}" if known else f"there is none in {home} yet"
    raise UserError(f"no {what} {str(name)!r} ({there}); {maker} makes one")
