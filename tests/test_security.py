"""What strangers send cannot run code, reach outside its place, or be read from the log; docs/security.md lists it."""

from __future__ import annotations

import ast
import hashlib
import json
import logging
import re
import shutil
import sys
from collections.abc import Callable
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import numpy as np
import pytest
import torch
from infer_runs import write_runs
from selection_fixtures import Pile
from set_fixtures import small_set
from swipe_helpers import PLAIN, make_workspace
from train_fixtures import lowres_options

from curate import export_set
from curate.config import ExportSetOptions, ImportLabelsOptions
from curate.errors import UserError
from curate.forget_sets import entries_of
from curate.importing import NothingMatches
from curate.importing import run as import_labels
from curate.set_index import Outside
from curate.sets import INDEX, INFO, BrokenSet, open_set
from curate.workspace import Workspace
from swipeweb.client import SwipeClient, verdict
from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer
from train import checkpoint, lowres
from train.data import load_generated
from train.export import NoNetwork, load_network

ROOT = Path(__file__).parent.parent
PACKAGES = ("curate", "swipeweb", "train", "infer", "cli", "migrations")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
RUNS_CODE = {"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "code", "pty"}
CALLS = {"eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "joblib.load", "pandas.read_pickle"}
NEEDED = {"torch.load": ("weights_only", True), "np.load": ("allow_pickle", False)}


def name_of(call: ast.Call) -> str:
    """`a.b` of a call of a.b, `b` of a call of b."""
    return ast.unparse(call.func)


def test_nothing_runs_code_that_was_read() -> None:
    assert len(SOURCES) > 100
    for path in SOURCES:
        check(path)


def check(path: Path) -> None:
    """No import and no call in a file that could run what it reads."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not {name.partition(".")[0] for name in names} & RUNS_CODE, path
        if isinstance(node, ast.Call):
            given = {word.arg: getattr(word.value, "value", "?") for word in node.keywords}
            name = name_of(node)
            assert name not in CALLS, path
            assert given.get("shell", False) is False, path
            option, value = NEEDED.get(name, (None, None))
            assert option is None or given.get(option) is value, f"{path}, line {node.lineno}"


def test_every_exception_to_the_rules_of_bandit_has_its_reason() -> None:
    for path in SOURCES:
        for line in re.findall(r"# noqa: S\d+.*", path.read_text(encoding="utf-8")):
            assert re.match(r"# noqa: S\d+ - \w", line), f"{path}: {line}"


def test_the_page_names_tests_that_there_are() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in written} == set()


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A set in which a stranger changed the first line of the index, and every checksum with it."""
    lines = [json.loads(line) for line in (folder / INDEX).read_text(encoding="utf-8").splitlines()]
    change(lines[0])
    index = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / INDEX).write_bytes(index)
    info = json.loads((folder / INFO).read_text(encoding="utf-8"))
    info["index_sha256"] = hashlib.sha256(index).hexdigest()
    (folder / INFO).write_text(json.dumps(info), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    small_set(folder, count=3, size=64)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(made / "sets", tmp_path / "work" / "sets")
    return Workspace(tmp_path / "work")


OUTSIDE = ["../../evil", "/tmp/evil", "faces/../../evil", "..\\evil", "C:evil", ".evil", "faces//evil", "a\nb"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("field", ["id", "face", "guide"])
def test_a_set_whose_index_leads_outside_is_refused(place: Workspace, field: str, name: str) -> None:
    folder = rewritten(place.set_path("small"), lambda line: line.update({field: name}))
    (place.root.parent / "evil").write_bytes(b"not a face")
    before = sorted(place.root.parent.rglob("*"))

    with pytest.raises(Outside, match="no place inside a set"):
        open_set(folder)
    with pytest.raises(UserError):
        export_set.run(place, ExportSetOptions(set="small", output=place.root / "out"))
    with pytest.raises(UserError):
        entries_of(folder)

    assert sorted(place.root.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "..", "", "a/b", "a\\b"])
def test_a_set_whose_name_is_a_path_is_refused(place: Workspace, name: str) -> None:
    info = place.set_path("small") / INFO
    info.write_text(json.dumps(json.loads(info.read_text(encoding="utf-8")) | {"name": name}), encoding="utf-8")
    with pytest.raises(BrokenSet, match="is a path"):
        lowres.run(place, lowres_options(extent=32))
    assert not place.runs.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_a_set_to_a_file_elsewhere_is_refused_by_its_checksum(place: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"somebody else's")
    faces = open_set(place.set_path("small"))
    face = faces.path / faces.entries[0].face
    face.unlink()
    face.symlink_to(secret)
    with pytest.raises(BrokenSet, match="was changed"):
        open_set(faces.path).face(faces.entries[0])


@pytest.mark.parametrize("name", ["../elsewhere.safetensors", "/etc/passwd", "..\\elsewhere.safetensors"])
def test_a_card_that_names_files_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    write_runs(tmp_path)
    run = tmp_path / "runs" / "large"
    (tmp_path / "runs" / "elsewhere.safetensors").write_bytes((run / "generator.safetensors").read_bytes())
    card = run / "generator.json"
    card.write_text(json.dumps(json.loads(card.read_text(encoding="utf-8")) | {"files": [name]}), encoding="utf-8")
    with pytest.raises(NoNetwork, match="elsewhere"):
        load_network(run)


class Bomb:
    """Pickled, it makes a file where it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.target, "boom"))


def test_a_checkpoint_with_code_in_it_is_refused_and_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / "000000001.pt"
    torch.save({"format": 1, "state": Bomb(tmp_path / "boom")}, path)
    with pytest.raises(checkpoint.BadCheckpoint):
        checkpoint.read(path)
    assert not (tmp_path / "boom").exists()


def test_arrays_with_objects_in_them_are_refused(place: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "small-faces.npz"
    bombs = np.array([Bomb(tmp_path / "boom")], dtype=object)
    np.savez(path, faces=bombs, landmarks=bombs)
    with pytest.raises(UserError, match="holds no generated faces"):
        load_generated(path, open_set(place.set_path("small")), 32, 16, torch.device("cpu"))
    assert not (tmp_path / "boom").exists()


def test_an_onnx_file_may_not_reach_outside_its_folder(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    from infer.onnx import NoOnnx, new_session

    (tmp_path / "secret.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
    (tmp_path / "nets").mkdir()
    weights = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[4], data_location=1)
    for key, value in {"location": "../secret.bin", "offset": "0", "length": "16"}.items():
        weights.external_data.add(key=key, value=value)
    shape = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [4])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["w"], ["y"])], "g", [], [shape], [weights])
    path = tmp_path / "nets" / "net.onnx"
    path.write_bytes(onnx.helper.make_model(graph).SerializeToString())
    with pytest.raises(NoOnnx, match="cannot be loaded"):
        new_session(path)


def test_files_that_a_label_file_names_are_compared_and_nothing_else(tmp_path: Path) -> None:
    pile = Pile(tmp_path / "work")
    pile.image("/photos/one.jpg")
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"somebody else's")
    source = tmp_path / "labels.csv"
    rows = [f"{secret},good", "../secret.jpg,bad", "../../etc/passwd,good", "/dev/zero,good", "..,bad"]
    source.write_text("path,label\n" + "\n".join(rows) + "\n", encoding="utf-8")

    with pytest.raises(NothingMatches):  # and /dev/zero is not read to its end
        import_labels(pile.workspace, ImportLabelsOptions(source=source))

    assert secret.read_bytes() == b"somebody else's"
    kept = b"".join(path.read_bytes() for path in pile.workspace.root.rglob("*") if path.is_file())
    for trace in (b"somebody else", b"secret.jpg", hashlib.sha256(b"somebody else's").hexdigest().encode()):
        assert trace not in kept


def test_no_secret_and_no_name_of_a_photo_is_logged(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    with SwipeServer(make_workspace(tmp_path, 2), SwipeOptions(**PLAIN), seed=1) as server:
        link = server.link("Anna Karenina")
        jar: list[Cookie] = []
        monkeypatch.setattr(CookieJar, "set_cookie", remembering(CookieJar.set_cookie, jar))
        client = SwipeClient(link)
        [image, *_] = client.next(2)
        client.picture(image.id)
        client.send([verdict(image.id, "good")])
        with pytest.raises(Exception, match="used or has expired"):
            SwipeClient(link)
    logged = caplog.text + "".join(capfd.readouterr())
    [cookie] = jar
    for secret in (urldefrag(link)[1], cookie.value, "photo0001", "Karenina"):
        assert secret
        assert secret not in logged


def remembering(set_cookie: Callable[..., None], jar: list[Cookie]) -> Callable[..., None]:
    """A jar's method that also tells us what goes in."""

    def remember(self: CookieJar, cookie: Cookie) -> None:
        jar.append(cookie)
        set_cookie(self, cookie)

    return remember
