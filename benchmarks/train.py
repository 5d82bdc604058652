"""How fast a step of training is, beside the loops that people copy and beside what the machine can multiply.

(a) The same networks in the loop of the PyTorch DCGAN example (stage 1) and of pix2pix (stage 2), written here from
    their description: float32, contiguous, Adam as it comes. The DCGAN example goes backward once for real and once for
    painted pictures, lets the generator's pass reach the discriminator's weights, and reads its losses every step.
(b) The work of a step at the rate of a large matrix product on the same device, in the same precision.

All take turns, round by round; a ratio is of one round, so that other work on the machine meets both sides. On a CPU
the processor's time is measured, which other work leaves alone; with one thread it is what a free core takes.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402 - after the path is set
from torch import Tensor, nn  # noqa: E402 - as above

from benchmarks.streaming import drawn  # noqa: E402 - as above
from curate.progress import be_quiet  # noqa: E402 - as above
from train import lowres, upres  # noqa: E402 - as above
from train.adversary import frozen  # noqa: E402 - as above
from train.config import LowresOptions, UpresOptions  # noqa: E402 - as above
from train.counters import order  # noqa: E402 - as above
from train.device import place_for  # noqa: E402 - as above
from train.dry_run import flop_counter  # noqa: E402 - as above
from train.losses import bce_fake, bce_real, pooled_l1  # noqa: E402 - as above

COPIED = {"lowres": "DCGAN example", "upres": "pix2pix"}
DEFAULT_BATCH = {"lowres": 128, "upres": 1}
NAMES = {
    "channels_last": "channels last",
    "fused": "fused Adam",
    "one_backward": "one way back for real and painted",
    "frozen": "discriminator left out of the generator's way back",
    "reads": "losses not read",
}


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a copied loop goes; the defaults are what it is published with."""

    batch: int
    bfloat16: bool = False
    channels_last: bool = False
    fused: bool = False
    one_backward: bool = False
    frozen: bool = False  # the discriminator's weights are left out of the generator's way back
    reads: bool = True  # losses, every step: waits for the device


class Copied:
    """The stage's networks and pictures in another loop."""

    def __init__(self, stage: Any, way: Way) -> None:
        self.stage, self.way, self.device = stage, way, stage.place.device
        form = torch.channels_last if way.channels_last else torch.contiguous_format
        networks = [copy.deepcopy(network) for network in (stage.state.generator, stage.state.critic)]
        self.generator, self.critic = (_formed(network, form) for network in networks)
        self.adams = [
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=way.fused or None)
            for network in (self.generator, self.critic)
        ]
        self.form = form

    def step(self, seen: int) -> None:
        """One update of the discriminator, one of the generator."""
        inputs, real, beside = self._batch(seen)
        with self._cast():
            painted = self.generator(inputs)
        losses = [*self._critic(real, painted.detach(), beside), *self._generator(painted, real, beside)]
        if self.way.reads:
            [loss.item() for loss in losses]

    def _critic(self, real: Tensor, painted: Tensor, beside: list[Tensor]) -> list[Tensor]:
        self.adams[1].zero_grad()
        with self._cast():
            up = bce_real(self.critic(real, *beside).float())
        if not self.way.one_backward:
            up.backward()
        with self._cast():
            down = bce_fake(self.critic(painted, *beside).float())
        (up + down if self.way.one_backward else down).backward()
        self.adams[1].step()
        return [up.detach(), down.detach()]

    def _generator(self, painted: Tensor, real: Tensor, beside: list[Tensor]) -> list[Tensor]:
        self.adams[0].zero_grad()
        if self.way.frozen:
            with frozen(self.critic), self._cast():
                loss = bce_real(self.critic(painted, *beside).float())
        else:
            with self._cast():
                loss = bce_real(self.critic(painted, *beside).float())
        pixels = pooled_l1(painted.float(), real) if beside else loss.new_zeros(())
        (loss + 100 * pixels).backward()
        self.adams[0].step()
        return [loss.detach(), pixels.detach()]

    def _batch(self, seen: int) -> tuple[Tensor, Tensor, list[Tensor]]:
        stage, batch = self.stage, self.way.batch
        if stage.name == "lowres":
            which = order(0, seen, batch, len(stage.data))
            real = stage.faces_at(which, which < 0).contiguous(memory_format=self.form)
            return stage.noise(seen, batch), real, []
        crops = stage.data.crop(stage.data.draw(0, seen, batch), self.device)
        small, tiles = (pictures.contiguous(memory_format=self.form) for pictures in crops)
        return small, tiles, [small]

    def _cast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.way.bfloat16)


def _formed(network: nn.Module, form: torch.memory_format) -> nn.Module:
    formed: nn.Module = network.to(memory_format=form)  # type: ignore[call-overload] # torch types no such call
    return formed


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stage", nargs="+", default=["lowres", "upres"], choices=["lowres", "upres"])
    arguments.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    arguments.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    arguments.add_argument("--width", type=float, default=0.25)
    arguments.add_argument("--extent", type=int, default=64, help="of stage 1")
    arguments.add_argument("--tile", type=int, default=16, help="of stage 2")
    arguments.add_argument("--preset", default="faithful", choices=["faithful", "residual"])
    arguments.add_argument("--batch", type=int, help="ours  [default: 32 in stage 1, 8 in stage 2]")
    arguments.add_argument("--copied-batch", type=int, help="theirs  [default: 128 in stage 1, 1 in stage 2]")
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--steps", type=int, default=2, help="of each way in a round")
    options = arguments.parse_args()
    be_quiet()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.stage:
            stage = stage_of(name, options, Path(folder))
            report(stage, options)


def stage_of(name: str, options: argparse.Namespace, folder: Path) -> Any:
    """Our stage on a few drawn faces."""
    batch = options.batch or {"lowres": 32, "upres": 8}[name]
    common: dict[str, Any] = {"set": "", "width": options.width, "batch": batch, "device": options.device}
    common |= {"precision": options.precision, "threads": options.threads, "stream": False}
    if name == "lowres":
        faces = drawn(folder / name, options.extent, "png")
        small = LowresOptions(**common, extent=options.extent)
        return lowres.LowresStage(faces, small, place_for(small))
    faces = drawn(folder / name, options.tile * 24, "png")
    tiles = UpresOptions(**common, tile=options.tile, preset=options.preset, lowres_extent=options.tile * 4)
    return upres.UpresStage(faces, tiles, place_for(tiles))


def ways(stage: Any, copied_batch: int | None) -> dict[str, Way]:
    """The copied loop at its defaults, at our batch, with each measure alone, and with what is asked of both."""
    copied, batch = COPIED[stage.name], stage.options.batch
    bfloat16 = stage.place.precision == torch.bfloat16
    plain = Way(batch=copied_batch or DEFAULT_BATCH[stage.name])
    if stage.name == "upres":  # pix2pix goes back once, spares the discriminator, and reads losses now and then
        plain = replace(plain, one_backward=True, frozen=True, reads=False)
    ours = replace(plain, batch=batch)
    found = {
        f"{copied} at its defaults": plain,
        f"{copied} at our batch": ours,
        f"{copied} at our batch, precision and memory format": replace(ours, bfloat16=bfloat16, channels_last=True),
    }
    measures: dict[str, Any] = {"bfloat16": bfloat16, "channels_last": True, "fused": True, "one_backward": True}
    for measure, value in {**measures, "frozen": True, "reads": False}.items():
        if getattr(ours, measure) != value:
            found[f"+ {NAMES.get(measure, measure)}"] = replace(ours, **{measure: value})
    if bfloat16:
        found["+ bfloat16 and channels last"] = replace(ours, bfloat16=True, channels_last=True)
    return found


def report(stage: Any, options: argparse.Namespace) -> None:
    """Measure a stage and print its table."""
    others = ways(stage, options.copied_batch)
    steps: dict[str, Callable[[int], Any]] = {"ours": stage.step}
    steps |= {name: Copied(stage, way).step for name, way in others.items()}
    batches = {"ours": stage.options.batch, **{name: way.batch for name, way in others.items()}}
    for step in steps.values():
        step(0)  # warm
    with flop_counter() as counter:
        stage.step(0)
    gflops = counter.get_total_flops() / 1e9 / stage.options.batch
    rounds = [one_round(stage, steps, batches, options.steps) for _ in range(options.rounds)]
    print(f"\n### {stage.name}: {stage.place}, {options.threads} threads, {gflops:.3g} GFLOP an image\n")
    print("| way | batch | images/s | ours is so many times as fast | gain over the copied loop at our batch |")
    print("|---|---|---|---|---|")
    base = f"{COPIED[stage.name]} at our batch"
    for name in steps:
        speed = statistics.median(1 / one[name] for one in rounds)
        ratio = spread([one[name] / one["ours"] for one in rounds]) if name != "ours" else "1"
        gain = spread([one[base] / one[name] for one in rounds]) if name != base else "1"
        print(f"| {name} | {batches[name]} | {speed:.4g} | {ratio} | {gain} |")
    floor = [gflops / one["matmul"] / one["ours"] for one in rounds]
    rate = statistics.median(one["matmul"] for one in rounds)
    print(f"\nA matrix product makes {rate:,.0f} GFLOP/s here; ours reaches {spread(floor, 3)} of that.")


def one_round(
    stage: Any, steps: dict[str, Callable[[int], Any]], batches: dict[str, int], count: int
) -> dict[str, float]:
    """Seconds an image of each way, and the GFLOP/s of a matrix product, one after the other."""
    found = {}
    for name, step in steps.items():
        began = _clock(stage.place.device)
        for number in range(count):
            step(number * batches[name])
        found[name] = (_clock(stage.place.device) - began) / count / batches[name]
    found["matmul"] = matmul(stage.place.device, stage.place.precision)
    return found


def matmul(device: torch.device, precision: torch.dtype) -> float:
    """GFLOP/s of a product of large square matrices."""
    side = 8192 if device.type == "cuda" else 1536
    left, right = (torch.randn(side, side, device=device, dtype=precision) for _ in range(2))
    left @ right
    began = _clock(device)
    times = 10 if device.type == "cuda" else 3
    for _ in range(times):
        left @ right
    return 2e-9 * side**3 * times / (_clock(device) - began)


def spread(numbers: list[float], digits: int = 2) -> str:
    """The median, and the least and most."""
    return f"{statistics.median(numbers):.{digits}f} ({min(numbers):.{digits}f} to {max(numbers):.{digits}f})"


def _clock(device: torch.device) -> float:
    """Seconds: of the wall once a GPU is done, of the processor where that computes."""
    if device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


if __name__ == "__main__":
    main()
