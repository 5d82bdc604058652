"""`swipegan doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.doctor_database import look_at_database, look_at_place
from curate.errors import UserError
from curate.workspace import Workspace

OURS = ("curate", "swipeweb", "train", "infer", "cli", "migrations")
EXTRAS = {
    "gan": ("torch", "safetensors"),
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "video": ("av",),
    "prints": ("tifffile", "png"),
    "c2pa": ("c2pa",),
    "postgres": ("psycopg",),
    "cluster": ("distributed",),
    "parquet": ("pyarrow",),
    "watch": ("tensorboard",),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "firefox", "safari", "msedge")
ASK_TORCH = """
import json, torch
cuda = [f"{torch.cuda.get_device_name(n)}, {torch.cuda.get_device_properties(n).total_memory / 2**30:.0f} GiB"
        for n in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
mps = getattr(torch.backends, "mps", None)
print(json.dumps({"version": torch.__version__, "cuda": cuda, "mps": bool(mps and mps.is_available())}))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. state: ok, note (nothing to worry about), warning, problem."""

    what: str
    state: str
    text: str


@dataclass(frozen=True)
class DoctorSummary:
    """Everything that was looked at."""

    findings: list[Finding]
    healthy: bool

    def text(self) -> str:
        """A line for each finding, and what it comes to."""
        marks = {"ok": "ok", "note": "-", "warning": "!", "problem": "NO"}
        width = max(len(finding.what) for finding in self.findings)
        lines = [_hanging(f"{marks[f.state]:>2}  {f.what:{width}}  ", f.text) for f in self.findings]
        return "\n".join([*lines, "", self._verdict()])

    def _verdict(self) -> str:
        problems = sum(finding.state == "problem" for finding in self.findings)
        warnings = sum(finding.state == "warning" for finding in self.findings)
        if problems:
            return f"{problems} of these keep{'s' if problems == 1 else ''} swipegan from working."
        return f"Works, with {warnings} thing{'s' if warnings > 1 else ''} to look at." if warnings else "All is well."


def run(workspace: Workspace) -> DoctorSummary:
    """Look at everything; nothing is made or changed."""
    looks: dict[str, Callable[[], tuple[str, str]]] = {
        "swipegan": look_at_program,
        "packages": look_at_packages,
        "landmark model": look_at_landmark_model,
        "face detector": look_at_detector,
        "torch, GPU": look_at_torch,
        "browser": look_at_browser,
        "database": lambda: look_at_database(workspace),
        "disk": lambda: look_at_place(workspace),
        "extras": look_at_extras,
    }
    findings = [Finding(what, *look()) for what, look in looks.items()]
    return DoctorSummary(findings, all(finding.state != "problem" for finding in findings))


def look_at_program() -> tuple[str, str]:
    """Versions, system, processors and memory."""
    version = _version("swipegan") or "not installed, run from its folder"
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB of memory"
    system = f"{platform.system()} {platform.machine()}"
    return "ok", f"{version}; Python {platform.python_version()}; {system}, {processors} processors{memory}"


def look_at_packages(owners: Mapping[str, list[str]] | None = None) -> tuple[str, str]:
    """Whether another distribution owns a top-level name of ours, such as `cli` or `train`, or stands before it.

    Args:
        owners: the distributions that own each top-level name; by default those that are installed.
    """
    owners = importlib.metadata.packages_distributions() if owners is None else owners
    others = {name: sorted({*owners.get(name, [])} - {"swipegan"}) for name in OURS}
    taken = [f"{name} (of {', '.join(owner)})" for name, owner in others.items() if owner]
    hidden = [name for name in OURS if _folder(name) != Path(__file__).parent.parent / name]
    if hidden:
        where = ", ".join(f"{name} from {_folder(name)}" for name in hidden)
        return "problem", f"another package stands before ours: {where}; install swipegan in an environment of its own"
    if taken:
        return "warning", f"also installed under our names: {', '.join(taken)}; an environment of its own is safer"
    return "ok", f"{', '.join(OURS)} are ours"


def look_at_landmark_model() -> tuple[str, str]:
    """The file of the 68-point predictor, and what its licence allows."""
    try:
        from curate.faces import landmark_model

        path = landmark_model()
    except (UserError, ImportError) as error:
        return "problem", str(error)
    size = path.stat().st_size / 1e6
    return "ok", f"{path} ({size:.0f} MB); its training data, iBUG 300-W, excludes commercial use"


def look_at_detector() -> tuple[str, str]:
    """Find the face in a portrait that is drawn for this, and compare the landmarks with where they were drawn."""
    try:
        import numpy as np

        from curate.drawing import draw_portrait
        from curate.faces import find_faces

        portrait = draw_portrait(np.random.default_rng(1), 256)
        faces = find_faces(portrait.image)
    except (UserError, ImportError) as error:
        return "problem", f"dlib does not work: {error}"
    if len(faces) != 1:
        return "problem", f"dlib {_version('dlib-bin', 'dlib')} finds {len(faces)} faces in a drawn portrait, not 1"
    apart = float(np.abs(faces[0].landmarks - portrait.landmarks).mean() / faces[0].size)
    text = (
        f"dlib {_version('dlib-bin', 'dlib')} finds the face in a drawn portrait, landmarks {apart:.1%} of its size off"
    )
    return ("ok" if apart < 0.1 else "warning"), text


def look_at_torch() -> tuple[str, str]:
    """PyTorch and its GPU, asked in a process of its own: a broken driver ends only that one."""
    if importlib.util.find_spec("torch") is None:
        return "note", "no torch: swiping and curating work, training needs pip install 'swipegan[gan]'"
    try:
        command = [sys.executable, "-c", ASK_TORCH]
        asked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603 - our own text
        found = json.loads(asked.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        said = getattr(error, "stderr", None) or str(error)
        return "problem", f"torch is installed but does not start: {said.strip().splitlines()[-1][:200]}"
    if found["cuda"]:
        return "ok", f"torch {found['version']}; {'; '.join(found['cuda'])}"
    if found["mps"]:
        return "ok", f"torch {found['version']}; Apple GPU (MPS)"
    return "note", f"torch {found['version']}; no GPU: training works, and takes long"


def look_at_browser() -> tuple[str, str]:
    """A browser on this machine; swiping needs one on the phone only."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found:
        return "ok", found
    return "note", "none found here: swiping needs one on the phone only, the browser tests need Chromium"


def look_at_extras() -> tuple[str, str]:
    """Which optional parts are installed."""
    lacking = {extra: [name for name in names if not importlib.util.find_spec(name)] for extra, names in EXTRAS.items()}
    there = [extra for extra, names in lacking.items() if not names]
    absent = [f"{extra} ({', '.join(names)})" for extra, names in lacking.items() if names]
    text = ", ".join(there) or "none"
    return ("note", f"{text}; not installed: {', '.join(absent)}") if absent else ("ok", text)


def _hanging(head: str, text: str) -> str:
    """The text beside its head, broken into lines that stay beside it."""
    return textwrap.fill(
        head + text, 110, subsequent_indent=" " * len(head), break_long_words=False, break_on_hyphens=False
    )


def _version(*names: str) -> str:
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def _folder(name: str) -> Path | None:
    """Where Python would import a package from."""
    found = importlib.util.find_spec(name)
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places))) if places else None
