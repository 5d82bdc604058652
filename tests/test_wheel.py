"""A wheel built from the tree works from another folder, in an environment of its own."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OPEN_TWICE = """
import sqlite3, sys
from pathlib import Path
import curate, migrations
assert str(Path(curate.__file__)).startswith(sys.prefix), curate.__file__
from curate.database import make_engine, open_database
import sqlalchemy as sa
path = Path("workspace") / "swipegan.db"
engine = make_engine(sa.engine.make_url(f"sqlite:///{path}"))
path.parent.mkdir()
first = list(migrations.scripts().walk_revisions())[-1].revision
with engine.connect() as connection:
    migrations.run_upgrade(connection, first)
engine.dispose()
open_database(path)
print(sqlite3.connect(path).execute("select version_num from alembic_version").fetchone()[0], migrations.head())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without fetching anything."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_that_is_needed(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = ["curate", "swipeweb", "train", "infer", "cli", "migrations"]
    tracked = subprocess.run(["git", "ls-files", *packages], capture_output=True, text=True, cwd=ROOT, check=True)
    assert set(tracked.stdout.split()) <= names
    assert not any(name.startswith("tests") for name in names)


def test_an_installed_wheel_creates_and_upgrades_a_database_elsewhere(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = next(home.glob("**/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # the libraries come from the environment that runs the tests; swipegan itself only from the wheel
    libraries = sysconfig.get_paths()["purelib"]
    (site / "libraries.py").write_text(f"import sys\nsys.path.append({libraries!r})\n")
    (site / "libraries.pth").write_text("import libraries\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", OPEN_TWICE]
    done = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere, env=clean, check=False)
    assert done.returncode == 0, done.stderr
    now, head = done.stdout.split()
    assert now == head
