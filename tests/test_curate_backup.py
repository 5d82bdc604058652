"""A backup is the database of one moment, whole, and can be put back."""

import json
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from selection_fixtures import Pile

from cli.main import call
from curate.backup import BackupFailed, BackupSummary, back_up, run
from curate.config import BackupOptions
from curate.database import NewerDatabase
from curate.workspace import Workspace


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    pile = Pile(tmp_path / "workspace")
    pile.image(labels={"Ann": "good"})
    pile.image(labels={"Ann": "bad"})
    return pile


def backup(pile: Pile, file: Path, **options: Any) -> BackupSummary:
    return run(pile.workspace, BackupOptions(file=file, **options))


def database(pile: Pile) -> Path:
    return pile.workspace.root / "swipegan.db"


def close(pile: Pile) -> None:
    pile.sessions.kw["bind"].dispose()


def content(path: Path) -> list[str]:
    """Everything in a database, as text."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_backup_holds_all_that_the_database_holds(pile: Pile, tmp_path: Path) -> None:
    summary = backup(pile, tmp_path / "copy.db")

    assert (summary.images, summary.labels) == (2, 2)
    assert content(tmp_path / "copy.db") == content(database(pile))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "workspace"]


def test_what_is_in_the_log_beside_the_database_comes_along(pile: Pile, tmp_path: Path) -> None:
    assert Path(f"{database(pile)}-wal").stat().st_size > 0

    backup(pile, tmp_path / "copy.db")

    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("select count(*) from labels").fetchone() == (2,)


def test_a_backup_while_somebody_swipes_is_one_moment(pile: Pile, tmp_path: Path) -> None:
    """Each transaction adds a 1 and a 2: no copy may have one without the other."""
    done = threading.Event()
    with closing(sqlite3.connect(database(pile))) as connection:
        connection.execute("create table pairs (a integer)")

    def swipe() -> None:
        connection = sqlite3.connect(database(pile), isolation_level=None, timeout=20)
        while not done.is_set():
            connection.execute("begin immediate")
            connection.execute("insert into pairs values (1)")
            connection.execute("insert into pairs values (2)")
            connection.execute("commit")
        connection.close()

    swiper = threading.Thread(target=swipe)
    swiper.start()
    try:
        counts = []
        for number in range(8):
            back_up(database(pile), tmp_path / f"{number}.db")
            with closing(sqlite3.connect(tmp_path / f"{number}.db")) as copy:
                counts.append(copy.execute("select total(a = 1), total(a = 2) from pairs").fetchone())
    finally:
        done.set()
        swiper.join()
    assert all(first == second for first, second in counts)
    assert counts[-1][0] > counts[0][0], "the swiping went on meanwhile"


def test_a_file_that_is_there_is_not_written_over(pile: Pile, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(BackupFailed, match="--replace"):
        backup(pile, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"
    backup(pile, tmp_path / "copy.db", replace=True)
    assert content(tmp_path / "copy.db") == content(database(pile))


def test_a_folder_gets_a_file_with_the_time_in_its_name(pile: Pile, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    file = backup(pile, tmp_path / "copies").file
    assert file.parent == tmp_path / "copies"
    assert file.name.startswith("swipegan-20")


def test_the_copy_is_nobody_elses_business(pile: Pile, tmp_path: Path) -> None:
    backup(pile, tmp_path / "copy.db")
    assert os.name == "nt" or (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


def test_the_database_is_not_backed_up_onto_itself(pile: Pile) -> None:
    with pytest.raises(BackupFailed, match="the database itself"):
        backup(pile, database(pile), replace=True)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for start in range(8192, len(data), 4096):
        data[start : start + 64] = b"\xff" * 64
    path.write_bytes(data)


def test_a_damaged_database_is_said_and_makes_no_file(pile: Pile, tmp_path: Path) -> None:
    close(pile)
    damage(database(pile))

    with pytest.raises(BackupFailed):
        backup(pile, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["workspace"]


def test_a_restored_database_is_the_one_that_was_backed_up(pile: Pile, tmp_path: Path) -> None:
    backup(pile, tmp_path / "copy.db")
    before = content(tmp_path / "copy.db")
    pile.image(labels={"Bo": "bad"})
    close(pile)

    summary = backup(pile, tmp_path / "copy.db", restore=True)

    assert content(database(pile)) == before
    assert summary.replaced is not None
    with closing(sqlite3.connect(summary.replaced)) as replaced:
        assert replaced.execute("select count(*) from images").fetchone() == (3,), "what was there is kept"
    assert (tmp_path / "copy.db").exists()


def test_a_backup_moves_to_a_new_workspace(pile: Pile, tmp_path: Path) -> None:
    backup(pile, tmp_path / "copy.db")

    summary = run(Workspace(tmp_path / "new"), BackupOptions(file=tmp_path / "copy.db", restore=True))

    assert summary.replaced is None
    assert content(tmp_path / "new" / "swipegan.db") == content(tmp_path / "copy.db")


def test_a_damaged_database_can_be_replaced(pile: Pile, tmp_path: Path) -> None:
    backup(pile, tmp_path / "copy.db")
    close(pile)
    database(pile).write_bytes(b"rubbish" * 1000)

    summary = backup(pile, tmp_path / "copy.db", restore=True)

    assert content(database(pile)) == content(tmp_path / "copy.db")
    assert summary.replaced is not None
    assert summary.replaced.read_bytes().startswith(b"rubbish")


def test_nothing_is_restored_over_a_database_in_use(pile: Pile, tmp_path: Path) -> None:
    backup(pile, tmp_path / "copy.db")
    before = content(database(pile))

    with pile.sessions() as session:
        session.connection()
        with pytest.raises(BackupFailed, match="in use"):
            backup(pile, tmp_path / "copy.db", restore=True)
    assert content(database(pile)) == before
    assert {path.name for path in pile.workspace.root.iterdir()} <= {
        "swipegan.db",
        "swipegan.db-wal",
        "swipegan.db-shm",
    }


@pytest.mark.parametrize("kind", ["absent", "text", "other database", "cut", "newer"])
def test_what_is_no_whole_backup_is_refused_and_nothing_changes(pile: Pile, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "copy.db"
    backup(pile, file)
    close(pile)
    before = content(database(pile))
    spoil(file, kind)

    with pytest.raises(NewerDatabase if kind == "newer" else BackupFailed):
        backup(pile, file, restore=True)

    assert content(database(pile)) == before
    assert [path.name for path in pile.workspace.root.iterdir() if "swipegan.db" not in path.name] == []


def spoil(file: Path, kind: str) -> None:
    if kind == "text":
        file.write_text("not a database " * 100)
    elif kind == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif kind == "newer":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("update alembic_version set version_num = '9999'")
            connection.commit()
    else:
        file.unlink()
    if kind == "other database":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("create table images (id integer)")


def test_a_server_is_backed_up_by_its_own_tools(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, "postgresql://user:secret@host/name")
    with pytest.raises(BackupFailed, match="pg_dump") as failed:
        run(workspace, BackupOptions(file=tmp_path / "copy.db"))
    assert "secret" not in str(failed.value)


def test_the_command_says_what_is_in_the_copy(pile: Pile, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = ["-w", str(pile.workspace.root)]

    assert call([*workspace, "backup", str(tmp_path / "copy.db")]) == 0
    assert "2 images, 2 labels, 0 selections" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "workspace")
    assert call([*workspace, "backup", str(tmp_path / "again.db")]) == 1
    assert call([*workspace, "backup", str(tmp_path / "copy.db"), "--restore", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["restored"] is True
