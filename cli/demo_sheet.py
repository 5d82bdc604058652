"""The picture at the end of the demo, and whether what it shows is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.files import write_atomically
from curate.pixels import encode_png, read_image
from curate.sets import FaceSet, open_set
from curate.workspace import Workspace
from infer.config import UpresPhotoOptions
from infer.images import GenerateSummary
from infer.landmarks import Placed
from infer.portrait import Portrait, Small, Studio, settings_from
from infer.project import enlarge, lowres_psnr
from infer.sheet import GAP, PAPER, contact_sheet, write
from infer.torch_net import open_generator

Pixels = NDArray[np.uint8]

LEAST_PSNR = 25.0  # dB, before back-projection: below, the picture is not an enlargement of what it was made from
MOST_LOCKED = 0.2  # above, the same strokes stand at the same place of every tile
SHOWN = 3  # held-out faces
CELL = 256
HEADLINE = 34  # pixels


@dataclass(frozen=True)
class Judgement:
    """Scores of held-out faces: LR-PSNR in dB before and after back-projection, detail as a share of real, pattern."""

    before: float
    after: float
    bicubic: float
    detail: float
    detail_bicubic: float
    locked: float
    locked_floor: float

    def text(self) -> str:
        """The scores, for people."""
        return (
            f"Held-out faces: LR-PSNR {self.before:.1f} dB before back-projection, {self.after:.1f} dB after "
            f"(bicubic {self.bicubic:.1f}); fine detail {self.detail:.0%} of real (bicubic {self.detail_bicubic:.0%}); "
            f"pattern locked to the tile {self.locked:.3f} (floor {self.locked_floor:.3f})."
        )


def check(judgement: Judgement) -> list[str]:
    """What is not good enough, in words; nothing if all is."""
    found = []
    if not judgement.before >= LEAST_PSNR:
        found.append(f"stage 2 agrees with the lowres face to {judgement.before:.1f} dB only, not {LEAST_PSNR:g}")
    if not judgement.detail > judgement.detail_bicubic:
        found.append(
            f"stage 2 paints no more detail ({judgement.detail:.3f}) than bicubic ({judgement.detail_bicubic:.3f})"
        )
    if not judgement.locked <= MOST_LOCKED:
        found.append(f"stage 2 paints the same pattern in every tile ({judgement.locked:.3f}, at most {MOST_LOCKED:g})")
    return found


def write_sheet(
    workspace: Workspace, made: GenerateSummary, scores: dict[str, Any], trained: str, target: Path
) -> Judgement:
    """Write the sheet and say how good the second stage is on people that it never saw."""
    faces = open_set(workspace.set_path("clean"))
    upres = open_generator(workspace.run_path("clean-upres-residual"), "upres")
    settings = settings_from(UpresPhotoOptions(photos=(target,), upres=""), upres.card["tile"])
    shown = list(Studio(upres, settings).portraits(held_out(faces)))
    bicubic = [lowres_psnr(enlarge(portrait.stack[:3]), portrait.stack[:3]) for portrait in shown]
    parts = [
        _headline("People that training never saw: lowres, ours, truth"),
        contact_sheet(_rows(faces, shown, bicubic), CELL, columns=2 * SHOWN),
        _headline(f"People who do not exist: {trained}"),
        contact_sheet([(path.stem, read_image(path)) for path in _portraits(made)], CELL, columns=2 * SHOWN),
    ]
    width = max(part.shape[1] for part in parts)
    page = np.concatenate([_widened(part, width) for part in parts])
    write_atomically(target, encode_png(page))
    return Judgement(
        before=float(scores["lr_psnr"]),
        after=min(portrait.painting.agreement for portrait in shown),
        bicubic=float(scores["lr_psnr_bicubic"]),
        detail=float(scores["hf_ratio"]),
        detail_bicubic=float(scores["hf_ratio_bicubic"]),
        locked=float(scores["locked_pattern"]),
        locked_floor=float(scores["locked_floor"]),
    )


def held_out(faces: FaceSet) -> list[Small]:
    """A few faces that training never saw, with the landmarks of the set."""
    return [
        Small(entry.id, faces.face(entry), Placed(faces.landmarks(entry), "set"))
        for entry in faces.held_out[: 2 * SHOWN]
    ]


def _rows(faces: FaceSet, shown: list[Portrait], bicubic: list[float]) -> list[tuple[str, Pixels]]:
    """Two faces a row, three pictures each."""
    cells = []
    for portrait, plain, entry in zip(shown, bicubic, faces.held_out, strict=False):
        cells.append((f"lowres, bicubic: {plain:.1f} dB", portrait.bicubic))
        cells.append(
            (f"ours: {portrait.painting.before:.1f} dB, then {portrait.painting.agreement:.1f}", portrait.picture)
        )
        cells.append(("truth", faces.face(entry)))
    return cells


def _portraits(made: GenerateSummary) -> list[Path]:
    return sorted(path for path in made.folder.glob("*.png") if path.name != "sheet.png")[: 4 * SHOWN]


def _headline(text: str) -> Pixels:
    line = np.full((HEADLINE, 2 * SHOWN * (CELL + GAP) + GAP, 3), PAPER, np.uint8)
    write(line, text, GAP, 8, line.shape[1] - 2 * GAP)
    return line


def _widened(part: Pixels, width: int) -> Pixels:
    return np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=PAPER)
