"""The doctor says what works, what does not, and what to do."""

import importlib.util
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from selection_fixtures import Pile

from cli.main import call
from curate import doctor
from curate.doctor_database import file_system, is_network, look_at_database, look_at_place
from curate.faces import MissingModel
from curate.workspace import Workspace

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
nas:/photos /mnt/nas nfs4 rw,vers=4.2 0 0
//nas/my\\040photos /mnt/my\\040photos cifs rw 0 0
me@host: /mnt/nas/remote fuse.sshfs rw 0 0
/dev/sdb1 /media/stick fuseblk rw 0 0
"""


def test_a_healthy_place_is_said_to_be_one(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    pile.image(labels={"Ann": "good"})

    summary = doctor.run(pile.workspace)

    found = {finding.what: finding for finding in summary.findings}

    assert found["database"].state == "ok"
    assert "1 images, 1 labels" in found["database"].text
    assert found["face detector"].state == "ok"
    assert "excludes commercial use" in found["landmark model"].text
    assert summary.healthy


@pytest.fixture
def quick_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers for torch, whose import takes seconds."""
    monkeypatch.setattr(doctor, "ASK_TORCH", """print('{"version": "2", "cuda": [], "mps": false}')""")


@pytest.mark.usefixtures("quick_torch")
def test_looking_makes_nothing(tmp_path: Path) -> None:
    doctor.run(Workspace(tmp_path / "new"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "place", "kind"),
    [
        ("/home/ann/work", "/", "ext4"),
        ("/tmp/work", "/tmp", "tmpfs"),
        ("/tmpfolder", "/", "ext4"),
        ("/mnt/nas/work", "/mnt/nas", "nfs4"),
        ("/mnt/nas/remote/work", "/mnt/nas/remote", "fuse.sshfs"),
        ("/mnt/my photos", "/mnt/my photos", "cifs"),
        ("/media/stick", "/media/stick", "fuseblk"),
    ],
)
def test_the_file_system_of_a_folder(path: str, place: str, kind: str) -> None:
    assert file_system(Path(path), MOUNTS) == (place, kind)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.rclone", "ceph"])
def test_file_systems_of_several_machines(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize("kind", ["ext4", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "fuse.gocryptfs", ""])
def test_file_systems_of_one_machine(kind: str) -> None:
    assert not is_network(kind)


def test_a_network_folder_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.doctor_database._mounts", lambda: f"nas:/ {tmp_path} nfs4 rw 0 0\n")

    state, text = look_at_place(Workspace(tmp_path / "work"))

    assert state == "warning"
    assert "PostgreSQL" in text
    assert look_at_place(Workspace(tmp_path / "work", "postgresql://host/db"))[0] == "ok"


def test_a_full_disk_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.doctor_database.LITTLE", float("inf"))
    assert look_at_place(Workspace(tmp_path))[0] == "warning"


@pytest.mark.usefixtures("quick_torch")
def test_a_damaged_database_is_a_problem(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    (tmp_path / "swipegan.db").write_bytes(b"rubbish" * 2000)

    state, text = look_at_database(workspace)

    assert state == "problem"
    assert "backup FILE --restore" in text
    assert not doctor.run(workspace).healthy


def test_a_strangers_database_is_a_problem(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "swipegan.db")) as connection:
        connection.execute("create table recipes (id integer)")
    state, text = look_at_database(Workspace(tmp_path))
    assert (state, "something else" in text) == ("problem", True)


@pytest.mark.parametrize(("revision", "state"), [("9999", "problem"), (None, "ok")])
def test_the_databases_version_is_looked_at(tmp_path: Path, revision: str | None, state: str) -> None:
    pile = Pile(tmp_path)
    if revision:
        with closing(sqlite3.connect(tmp_path / "swipegan.db")) as connection:
            connection.execute("update alembic_version set version_num = ?", (revision,))
            connection.commit()
    assert look_at_database(pile.workspace)[0] == state


def test_a_server_that_does_not_answer_is_a_problem_and_keeps_the_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    workspace = Workspace(tmp_path, "postgresql+psycopg://ann:secret@127.0.0.1:1/none")

    state, text = look_at_database(workspace)

    assert state == "problem"
    assert "secret" not in text


def test_another_distribution_under_our_names_is_warned_of() -> None:
    assert doctor.look_at_packages({"cli": ["swipegan"], "train": ["swipegan"]})[0] == "ok"

    state, text = doctor.look_at_packages({"cli": ["swipegan", "some-cli"], "train": ["trainer"]})

    assert state == "warning"
    assert "train (of trainer), cli (of some-cli)" in text


def test_a_package_that_stands_before_ours_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name == "train" or name.startswith("train.")]:
        monkeypatch.delitem(sys.modules, name)

    state, text = doctor.look_at_packages({})

    assert state == "problem"
    assert str(tmp_path / "train") in text


def test_a_missing_landmark_model_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise MissingModel("install it with: pip install face_recognition_models")

    monkeypatch.setattr("curate.faces.landmark_model", missing)
    assert doctor.look_at_landmark_model() == (
        "problem",
        "install it with: pip install face_recognition_models",
    )


def test_a_detector_that_sees_nothing_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.faces.find_faces", lambda image: [])
    state, text = doctor.look_at_detector()
    assert (state, "finds 0 faces" in text) == ("problem", True)


def test_without_torch_one_can_swipe_and_curate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    state, text = doctor.look_at_torch()
    assert (state, "swipegan[gan]" in text) == ("note", True)
    assert "gan (torch, safetensors)" in doctor.look_at_extras()[1]


@needs_torch
def test_a_torch_that_does_not_start_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ASK_TORCH", "raise ImportError('libcudart is missing')")
    state, text = doctor.look_at_torch()
    assert (state, "libcudart is missing" in text) == ("problem", True)


@needs_torch
def test_a_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"version": "9.9", "cuda": ["Big Card, 80 GiB"], "mps": False}
    monkeypatch.setattr(doctor, "ASK_TORCH", f"print({json.dumps(json.dumps(said))})")
    assert doctor.look_at_torch() == ("ok", "torch 9.9; Big Card, 80 GiB")


@pytest.mark.usefixtures("quick_torch")
def test_a_problem_is_exit_code_1_and_the_lines_stay_beside_their_heads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "swipegan.db").write_text("rubbish" * 2000)

    assert call(["-w", str(tmp_path), "doctor"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("NO  database")]
    assert lines[-1] == "1 of these keeps swipegan from working."
    assert call(["-w", str(tmp_path / "new"), "doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["healthy"] is True
