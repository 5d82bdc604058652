"""Other people's programs, each in an environment of its own, so that nothing of theirs comes near ours."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


class NotInstallable(Exception):
    """A rival that cannot be had here; the text says why."""


@dataclass(frozen=True)
class Rival:
    """A package, its version as pip takes it, and the module that it brings."""

    name: str
    package: str

    def python(self, environments: Path) -> Path:
        """The interpreter of an environment that has the rival; made where it is not there yet."""
        home = environments / self.name
        python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        if not _works(python, self.name):
            _run([sys.executable, "-m", "venv", "--clear", str(home)])
            _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", self.package])
            if not _works(python, self.name):
                raise NotInstallable(f"{self.package} was installed, but cannot be imported")
        return python


CLEANVISION = Rival("cleanvision", "cleanvision==0.3.7")
IMAGEDEDUP = Rival("imagededup", "imagededup==0.3.3.post2")


def _works(python: Path, module: str) -> bool:
    asked = [python, "-c", f"import {module}"]
    return python.exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise NotInstallable(said[-1].strip())
