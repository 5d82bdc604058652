"""Which package may import which, read from the imports themselves."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
UPSTREAM = {
    "curate": {"migrations"},
    "migrations": {"curate"},  # data only
    "swipeweb": {"curate"},
    "train": {"curate"},
    "infer": {"curate", "train"},
    "cli": {"curate", "swipeweb", "train", "infer"},
}
FORBIDDEN = {"curate": {"torch", "flask"}, "swipeweb": {"torch"}}
ONLY_IN = {"PIL": {"curate/pixels.py", "curate/photo.py"}, "dlib": {"curate/faces.py"}}
WITHOUT_TORCH = ["infer/tiles.py", "infer/blend.py", "infer/candidates.py", "infer/onnx.py"]
LONGEST = 400


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(tree.body) if top_level_only else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", UPSTREAM)
def test_packages_only_import_upstream(package: str) -> None:
    for path in modules(package):
        wrong = (set(imports(path)) & set(UPSTREAM)) - UPSTREAM[package] - {package}
        assert not wrong, f"{name(path)} imports {wrong}"


@pytest.mark.parametrize("package", FORBIDDEN)
def test_packages_stay_light(package: str) -> None:
    for path in modules(package):
        wrong = set(imports(path)) & FORBIDDEN[package]
        assert not wrong, f"{name(path)} imports {wrong}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_has_one_importer(library: str) -> None:
    importers = {name(path) for package in UPSTREAM for path in modules(package) if library in imports(path)}
    assert importers <= ONLY_IN[library]


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_tiles_and_blending_work_without_torch(module: str) -> None:
    path = ROOT / module
    if path.exists():
        assert "torch" not in set(imports(path, top_level_only=True))


@pytest.mark.parametrize("package", UPSTREAM)
def test_options_need_only_the_standard_library(package: str) -> None:
    for path in (ROOT / package).glob("config*.py"):
        assert set(imports(path)) <= set(sys.stdlib_module_names) | {"curate", package}
        options = [line for line in path.read_text().splitlines() if line.startswith(f"from {package}.")]
        assert all(line.startswith(f"from {package}.config") for line in options) or package == "curate"


def test_command_modules_import_bodies_late() -> None:
    for path in {ROOT / f"{place.split(':')[0].replace('.', '/')}.py" for place in COMMANDS.values()}:
        if not path.exists():
            continue
        early = set(imports(path, top_level_only=True)) - set(sys.stdlib_module_names)
        assert early <= {"click", "cli", "curate", "swipeweb", "train", "infer"}, name(path)


@pytest.mark.parametrize("package", UPSTREAM)
def test_files_stay_small(package: str) -> None:
    for path in modules(package):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= LONGEST, f"{name(path)} has {lines} lines: two rooms in one?"


def test_nothing_is_pickled() -> None:
    for package in UPSTREAM:
        for path in modules(package):
            assert not set(imports(path)) & {"pickle", "marshal", "shelve", "dill", "cloudpickle"}, name(path)
