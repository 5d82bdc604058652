"""`export onnx`: the same network for onnxruntime; the whole job then runs where torch cannot be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from infer_runs import card, write_runs

from cli.main import call
from curate.drawing import draw_portrait
from curate.errors import MissingExtra, UserError
from curate.pixels import read_image, write_png
from curate.workspace import Workspace
from infer import write_onnx
from infer.config import ExportOnnxOptions, GenerateImagesOptions, UpresPhotoOptions
from infer.images import run as generate
from infer.onnx import NoOnnx
from infer.torch_net import open_critic, open_generator
from infer.upres_photo import run as upres
from infer.write_onnx import TOLERANCE, WrongOnnx, inputs_for
from train.export import export
from train.networks import build
from train.networks.blocks import start_kaiming

FILES = {
    "faces.onnx": ("faces", "generator"),
    "large.onnx": ("large", "generator"),
    "large-critic.onnx": ("large", "critic"),
}
WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "safetensors", "onnx", "onnxscript", "train"):
            raise ModuleNotFoundError(f"{name} is forbidden here", name=name)

sys.meta_path.insert(0, NoTorch())
from cli.main import call

for line in sys.argv[1].splitlines():
    code = call(line.split("|"))
    if code:
        sys.exit(code)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("workspace")
    write_runs(root)
    spec = open_generator(root / "runs" / "faces", "lowres", "cpu").card["network"]
    contrasty = build(spec)
    start_kaiming(contrasty, torch.Generator().manual_seed(0))  # pictures that are not all grey
    export(root / "runs" / "faces", "generator", contrasty, card("lowres", spec))
    write_png(root / "face.png", draw_portrait(np.random.default_rng(3), 300).image)
    for name, (run, role) in FILES.items():
        write_onnx.run(Workspace(root), ExportOnnxOptions(run=run, output=root / name, role=role))
    return Workspace(root)


@pytest.mark.parametrize("extent", [(1, 1, 1), (7, 1, 1), (16, 1, 1), (1, 3, 3), (2, 2, 1)])
@pytest.mark.parametrize("name", FILES)
def test_the_file_gives_what_torch_gives_at_any_batch_and_extent(workspace, name, extent):
    run, role = FILES[name]
    stage = "lowres" if run == "faces" else "upres"
    place = workspace.runs / run
    if role == "critic":
        ours, theirs = open_critic(workspace.root / "large.onnx"), open_critic(place, "cpu")
    else:
        ours, theirs = open_generator(workspace.root / name, stage), open_generator(place, stage, "cpu")
    inputs = inputs_for(theirs.card, *extent).values()
    expected = theirs.net(*inputs)
    strength = float(expected.std())  # of untrained networks it is small, and so has the difference to be
    assert strength > 0
    np.testing.assert_allclose(ours.net(*inputs), expected, rtol=0, atol=TOLERANCE * min(1, strength))


def test_the_card_is_in_the_file_and_beside_it(workspace):
    beside = json.loads((workspace.root / "large.onnx.json").read_text())
    assert open_generator(workspace.root / "large.onnx", "upres").card == beside
    trained = open_generator(workspace.runs / "large", "upres", "cpu").card
    assert {key: trained[key] for key in beside} == beside


def test_the_file_names_no_folder_of_the_machine_that_wrote_it(workspace):
    written = (workspace.root / "large.onnx").read_bytes()
    assert str(Path(__file__).parent.parent).encode() not in written
    assert str(Path(torch.__file__).parent).encode() not in written
    assert b".py" not in written


def test_the_whole_job_runs_without_torch_and_gives_the_same_pictures(workspace, tmp_path):
    root = workspace.root
    common = ["--candidates", "flip", "--device", "cpu"]
    small, large, photo = (str(root / name) for name in ("faces.onnx", "large.onnx", "face.png"))
    commands = [
        ["upres", photo, "--upres", large, "--output", str(tmp_path / "onnx"), *common],
        ["generate", "images", "--lowres", small, "--upres", large, "--count", "2", "--no-sheet",
         "--output", str(tmp_path / "onnx"), *common],
    ]  # fmt: skip
    script = "\n".join("|".join(["--workspace", str(tmp_path), *words]) for words in commands)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, script],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr

    given = {"upres": "large", "candidates": "flip", "device": "cpu", "output": tmp_path / "torch"}
    upres(workspace, UpresPhotoOptions(photos=(root / "face.png",), **given))
    generate(workspace, GenerateImagesOptions(lowres="faces", count=2, sheet=False, **given))
    names = sorted(path.name for path in (tmp_path / "torch").iterdir())
    assert names == ["000000.png", "000001.png", "face.png"]
    for name in names:
        ours, theirs = (read_image(tmp_path / way / name).astype(int) for way in ("onnx", "torch"))
        assert theirs.std() > 3
        assert np.abs(ours - theirs).max() <= 1, name


def test_what_cannot_be_used_is_refused_with_what_to_do(workspace, tmp_path):
    with pytest.raises(UserError, match="--lowres needs one of `train lowres`"):
        open_generator(workspace.root / "large.onnx", "lowres")
    with pytest.raises(NoOnnx, match="is a critic"):
        open_generator(workspace.root / "large-critic.onnx", "upres")
    with pytest.raises(NoOnnx, match=r"faces-critic\.onnx"):
        open_critic(workspace.root / "faces.onnx")
    (tmp_path / "cut.onnx").write_bytes((workspace.root / "large.onnx").read_bytes()[:5000])
    with pytest.raises(NoOnnx, match="cannot be loaded"):
        open_generator(tmp_path / "cut.onnx", "upres")
    model = onnx.load(workspace.root / "large.onnx")
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "foreign.onnx")
    with pytest.raises(NoOnnx, match="no card"):
        open_generator(tmp_path / "foreign.onnx", "upres")
    with pytest.raises(UserError, match="export onnx"):
        upres(workspace, UpresPhotoOptions(photos=(tmp_path,), upres=str(tmp_path / "none.onnx")))


def test_a_network_that_torch_disagrees_with_is_not_written(workspace, tmp_path, monkeypatch):
    other = (workspace.root / "large.onnx").read_bytes()
    network, content = write_onnx.trained(workspace.runs / "large", "generator")
    with torch.no_grad():
        network.output.bias += 1e-4
    monkeypatch.setattr(write_onnx, "trained", lambda run, role: (network, content))
    monkeypatch.setattr(write_onnx, "to_onnx", lambda network, card: other)
    with pytest.raises(WrongOnnx, match="nothing was written"):
        write_onnx.run(workspace, ExportOnnxOptions(run="large", output=tmp_path / "large.onnx"))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named_with_its_extra(workspace, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"swipegan\[onnx\]"):
        open_generator(workspace.root / "large.onnx", "upres")
    monkeypatch.setattr(write_onnx, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(MissingExtra, match=r"onnxscript.*swipegan\[onnx\]"):
        write_onnx.run(workspace, ExportOnnxOptions(run="large", output=tmp_path / "large.onnx"))


def test_the_file_has_to_be_called_onnx(workspace, tmp_path, capsys):
    assert call(["--workspace", str(workspace.root), "export", "onnx", "large", "-o", str(tmp_path / "net.pt")]) == 2
    assert "does not end in .onnx" in capsys.readouterr().err
