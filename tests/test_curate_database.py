"""Opening, upgrading and refusing databases."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import migrations
from curate.database import BrokenDatabase, NewerDatabase, make_engine, open_database
from curate.models import Base, Image, Label, Labeler, now
from curate.views import VIEWS

ROOT = Path(__file__).parent.parent


def an_image(sha: str = "a" * 64) -> Image:
    return Image(sha256=sha, bytes=1, format="JPEG", mode="RGB", width=1, height=1, orientation=1)


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        return {row[0] for row in connection.execute("select name from sqlite_master")}


def label_a_database(path: Path) -> None:
    with open_database(path).begin() as session:
        session.add_all([an_image(), Labeler(name="Ann")])
        session.flush()
        session.add(Label(uuid="1" * 36, image_id=1, labeler_id=1, verdict="good", how="swipe", decided=now()))


def test_migrations_build_exactly_the_models(tmp_path: Path) -> None:
    sessions = open_database(tmp_path / "swipegan.db")
    with sessions() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_is_durable_shared_and_consistent(tmp_path: Path) -> None:
    with open_database(tmp_path / "swipegan.db")() as session:
        pragmas = {
            name: session.execute(sa.text(f"pragma {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_can_be_read(tmp_path: Path, view: str) -> None:
    path = tmp_path / "swipegan.db"
    label_a_database(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute(f"select count(*) from {view}").fetchone()[0] >= 0


def test_the_label_view_forgets_what_was_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "swipegan.db"
    label_a_database(path)
    with open_database(path).begin() as session:
        session.add(Label(uuid="2" * 36, image_id=1, labeler_id=1, verdict="bad", how="swipe", decided=now()))
    with sqlite3.connect(path) as connection:
        assert connection.execute("select verdict from v_labels").fetchall() == [("bad",)]
    with open_database(path).begin() as session:
        session.add(
            Label(
                uuid="3" * 36,
                image_id=1,
                labeler_id=1,
                verdict="undo",
                undoes="2" * 36,
                how="button",
                decided=now(),
            )
        )
    with sqlite3.connect(path) as connection:
        assert connection.execute("select verdict from v_labels").fetchall() == [("good",)]


BROKEN_REVISION = """
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None

def upgrade():
    op.create_table("half_of_it", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("update labels set verdict = 'bad'")
    raise RuntimeError("the revision is wrong")
"""


@pytest.fixture
def broken_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A labeled database, and migrations whose newest revision raises after half of its work."""
    database = tmp_path / "swipegan.db"
    label_a_database(database)
    copy = tmp_path / "migrations"
    shutil.copytree(migrations.HERE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / "9999_broken.py").write_text(BROKEN_REVISION.format(head=migrations.head()))
    monkeypatch.setattr(migrations, "HERE", copy)
    return database


def what_is_left(database: Path) -> tuple[bool, list[tuple[str]], str]:
    with sqlite3.connect(database) as connection:
        verdicts = connection.execute("select verdict from labels").fetchall()
        revision = connection.execute("select version_num from alembic_version").fetchone()[0]
    return "half_of_it" in tables(database), verdicts, revision


def test_a_failed_upgrade_leaves_the_labels_as_they_were(broken_upgrade: Path) -> None:
    before = what_is_left(broken_upgrade)

    with pytest.raises(RuntimeError, match="the revision is wrong"):
        open_database(broken_upgrade)

    assert what_is_left(broken_upgrade) == before == (False, [("good",)], before[2])


def test_without_our_transactions_a_failed_upgrade_would_leave_half_of_itself(
    broken_upgrade: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.database._set_up_sqlite", lambda connection, record: None)
    monkeypatch.setattr("curate.database._begin_immediate", lambda connection: None)

    with pytest.raises(RuntimeError, match="the revision is wrong"):
        open_database(broken_upgrade)

    assert what_is_left(broken_upgrade)[0], "the measure is not needed any more: take it out"


def test_before_an_upgrade_a_copy_is_kept(broken_upgrade: Path) -> None:
    with pytest.raises(RuntimeError):
        open_database(broken_upgrade)
    copies = list(broken_upgrade.parent.glob("swipegan.db.before-*"))
    assert len(copies) == 1
    with sqlite3.connect(copies[0]) as connection:
        assert connection.execute("select verdict from labels").fetchall() == [("good",)]


def test_a_newer_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "swipegan.db"
    label_a_database(path)
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = 'from-the-future'")
    with pytest.raises(NewerDatabase, match="newer swipegan"):
        open_database(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("select version_num from alembic_version").fetchone() == ("from-the-future",)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "swipegan.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table recipes (id integer)")
    with pytest.raises(BrokenDatabase, match="something else"):
        open_database(path)
    assert tables(path) == {"recipes"}


def test_a_file_that_is_no_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "swipegan.db"
    path.write_bytes(b"holiday pictures" * 500)
    with pytest.raises(BrokenDatabase, match="not a database"):
        open_database(path)
    assert path.read_bytes() == b"holiday pictures" * 500


def closed(path: Path) -> bytes:
    """The bytes of a database after its log was taken in."""
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_database_is_named(tmp_path: Path, damage: str) -> None:
    path, broken = tmp_path / "swipegan.db", tmp_path / "broken.db"
    label_a_database(path)
    whole = closed(path)
    broken.write_bytes(whole[: len(whole) // 2] if damage == "cut" else whole[:100] + b"\xff" * 3996 + whole[4096:])
    with pytest.raises(BrokenDatabase, match=r"broken\.db (was cut short|is damaged)"):
        open_database(broken)


READ_ONLY = """
import os, sys
from pathlib import Path
from curate.database import open_database, BrokenDatabase
open_database(sys.argv[2])  # all modules are loaded while we may still read them
if os.geteuid() == 0:
    os.setuid(65534)
try:
    open_database(Path(sys.argv[1]) / "swipegan.db")
except BrokenDatabase as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX rights")
def test_a_read_only_folder_is_a_clear_error(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", READ_ONLY, folder, str(tmp_path / "warm-up.db")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert "cannot be written; mend the folder's rights" in done.stdout, done.stderr
        assert list(Path(folder).iterdir()) == []


def test_two_processes_may_make_the_same_database_at_once(tmp_path: Path) -> None:
    script = "import sys; from curate.database import open_database; open_database(sys.argv[1])"
    path = tmp_path / "swipegan.db"
    both = [subprocess.Popen([sys.executable, "-c", script, str(path)], stderr=subprocess.PIPE) for _ in range(3)]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0, 0], errors


def test_foreign_keys_hold(tmp_path: Path) -> None:
    sessions = open_database(tmp_path / "swipegan.db")
    with pytest.raises(sa.exc.IntegrityError), sessions.begin() as session:
        session.add(Label(uuid="1", image_id=5, labeler_id=5, verdict="good", how="swipe", decided=now()))


@pytest.mark.parametrize("images", ["image_id = 7", "image_id in (7, 8)", "image_id between 7 and 90"])
def test_an_images_files_are_found_without_a_look_at_all_others(tmp_path: Path, images: str) -> None:
    with open_database(tmp_path / "swipegan.db")() as session:
        query = sa.text(f"explain query plan select path from files where state = 'ok' and {images}")
        assert "state=? AND image_id" in session.execute(query).one().detail


def test_the_engine_for_another_database_keeps_its_own_ways() -> None:
    engine = make_engine(sa.engine.make_url("sqlite://"))
    assert engine.dialect.name == "sqlite"
