"""Stage 1's presets against each other on a set: python -m benchmarks.presets WORKSPACE SET [--seeds 3].

Trains each preset with the same seeds and as many images, then asks how far the people that it draws are from the real
ones, by dlib's descriptors: landmarks are predicted in the set's mean box, in real and painted faces alike, so that a
face that no detector would find counts too. Interrupted, the same command goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import cdist

from curate import faces
from curate.errors import UserError
from curate.guides import small_face
from curate.progress import track
from curate.sets import Entry, FaceSet, open_set
from curate.workspace import Workspace
from infer.landmarks import SEARCHED, enlarged
from infer.portrait import draw_small
from infer.torch_net import open_generator
from train import lowres
from train.config import LowresOptions
from train.distances import frechet_distance, kernel_distance, precision_recall

PRESETS = ("faithful", "modern")
FIRST = 1_000_000  # the first seed of the faces that are judged


class Scores(NamedTuple):
    """What one run's faces are like: distances of people, shares of precision and recall, the nearest training face."""

    frechet: float
    kernel: float
    precision: float
    recall: float
    nearest: float  # median distance of descriptors to the nearest training face


def main() -> None:
    """Train what is not trained yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("set")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=32_000)
    parser.add_argument("--extent", type=int, default=64)
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--count", type=int, default=400, help="faces that are judged of each run")
    options = parser.parse_args()
    workspace = Workspace(options.workspace)
    people = open_set(workspace.set_path(options.set))
    train, unseen = (crowd(people, entries, options.extent) for entries in (people.train, people.held_out))
    found: dict[str, list[Scores]] = {preset: [] for preset in PRESETS}
    for seed in range(1, options.seeds + 1):
        for preset in PRESETS:
            run = trained(workspace, options, preset, seed)
            found[preset].append(scored(run, train, people, options.count))
            print(f"{preset}, seed {seed}: {found[preset][-1]}", flush=True)
    print("\n".join(table(found, train, unseen)))


def trained(workspace: Workspace, options: argparse.Namespace, preset: str, seed: int) -> Path:
    """The folder of a finished run."""
    summary = lowres.run(
        workspace,
        LowresOptions(
            set=options.set, run=f"{preset}-{options.extent}-{seed}", preset=preset,  # type: ignore[arg-type]
            seed=seed, images=options.images, extent=options.extent, width=options.width, batch=options.batch,
            save_every=600.0, threads=1,
        ),
    )  # fmt: skip
    assert isinstance(summary, lowres.TrainSummary)
    return Path(summary.run)


def crowd(people: FaceSet, entries: Sequence[Entry], extent: int) -> NDArray[np.float64]:
    """Descriptors (N, 128) of faces of a set, seen as small as stage 1 makes them."""
    box = people.info.mean_box
    small = (small_face(people.face(entry), extent) for entry in track(entries, total=len(entries), title="real faces"))
    return np.stack([described(face, box) for face in small])


def described(face: NDArray[np.uint8], box: tuple[float, ...]) -> NDArray[np.float64]:
    """The descriptor (128,) of an aligned face of any size."""
    large = enlarged(face, SEARCHED)
    left, top, right, bottom = (round(SEARCHED * edge) for edge in box)
    return np.asarray(faces.descriptor(large, faces.landmarks_in_box(large, (left, top, right, bottom))), np.float64)


def scored(run: Path, real: NDArray[np.float64], people: FaceSet, count: int) -> Scores:
    """What the faces of seeds that training did not use are like."""
    network = open_generator(run, "lowres", "cpu")
    seeds = track(range(FIRST, FIRST + count), total=count, title="painted faces")
    painted = np.stack([described(draw_small(network, seed), people.info.mean_box) for seed in seeds])
    far, apart, shares = (
        frechet_distance(painted, real),
        kernel_distance(painted, real),
        precision_recall(painted, real),
    )
    if far is None or apart is None or shares is None:
        raise UserError(f"{count} painted and {len(real)} real faces are too few; take some dozens of each")
    return Scores(far.value, apart.value, *shares, float(np.median(cdist(painted, real).min(axis=1))))


def table(found: dict[str, list[Scores]], train: NDArray[np.float64], unseen: NDArray[np.float64]) -> list[str]:
    """Rows of markdown: each preset's seeds, and modern minus faithful with a 95 % interval over the seeds."""
    rows = ["| score | faithful, by seed | modern, by seed | modern minus faithful [95 %] |", "|---|---|---|---|"]
    for name in Scores._fields:
        old, new = (np.array([getattr(one, name) for one in found[preset]]) for preset in PRESETS)
        apart = new - old
        reach = (
            stats.t.ppf(0.975, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else np.nan
        )
        by_seed = (", ".join(f"{value:.3g}" for value in values) for values in (old, new))
        mean = f"{apart.mean():.3g} [{apart.mean() - reach:.3g}, {apart.mean() + reach:.3g}]"
        rows.append(f"| {' | '.join([name, *by_seed, mean])} |")
    nearest = float(np.median(cdist(unseen, train).min(axis=1)))
    return [*rows, f"| nearest training face of {len(unseen)} people held out | | | {nearest:.3g} |"]


if __name__ == "__main__":
    main()
