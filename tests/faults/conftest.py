"""One zygote, one workspace and one small disk for all fault tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("fault_kit")
sys.path.insert(0, str(Path(__file__).parent.parent))  # the fixtures of all tests

from fault_kit import Disk, Zygote, refresh  # noqa: E402 - needs the path above
from fault_road import make_workspace  # noqa: E402


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """Runs commands."""
    if sys.platform == "win32":
        pytest.skip("Windows cannot fork")
    found = Zygote(tmp_path_factory.mktemp("zygote"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk | None]:
    """A disk to fill; None where one may not mount."""
    scratch = tmp_path_factory.mktemp("disk")
    if not Disk.there(scratch):
        yield None
        return
    found = Disk(scratch / "small")
    yield found
    found.close()


@pytest.fixture(scope="session")
def template(disk: Disk | None, zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with everything in it, and beside it nothing: paths in its database are those of `place`."""
    place = (disk.place if disk else tmp_path_factory.mktemp("road")) / "workspace"
    make_workspace(place, zygote)
    kept = tmp_path_factory.mktemp("template") / "workspace"
    shutil.copytree(place, kept)
    return kept


@pytest.fixture
def place(template: Path, disk: Disk | None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace, fresh, always at the same path."""
    found = (disk.place if disk else tmp_path_factory.getbasetemp() / "road0") / "workspace"
    refresh(found, template)
    return found
