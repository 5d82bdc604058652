"""How much memory there is, and how much of it a step keeps for its way back."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MEMINFO = Path("/proc/meminfo")
LIMITS = (  # of a container: most, used, and where what may be dropped again is said
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)


def free_memory(device: torch.device | None = None) -> int | None:
    """Bytes that can still be taken: of a GPU, else of the machine or of what its container may have; None: unknown."""
    if device is not None and device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    found = [number for number in (_available(), *map(_left, LIMITS)) if number is not None]
    return min(found) if found else None


def _available() -> int | None:
    try:
        lines = MEMINFO.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):  # no Linux
        names = getattr(os, "sysconf_names", {})
        if "SC_PHYS_PAGES" not in names:
            return None
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2  # half of all, as far as one can know


def _left(files: tuple[str, str, str]) -> int | None:
    try:
        most, used, stat = (Path(file).read_text(encoding="utf-8") for file in files)
        cached = next(int(line.split()[1]) for line in stat.splitlines() if line.startswith("inactive_file "))
        return max(0, int(most) - int(used) + cached)
    except (OSError, ValueError, StopIteration):  # no container, or one without a limit ("max")
        return None


class LiveBytes:
    """Counts, within, the bytes that autograd keeps for the way back: `peak` is the most at one time.

    kept: tensors that live anyway (weights), which are not counted.
    """

    def __init__(self, kept: Iterable[Tensor]) -> None:
        self._kept = {_place(tensor) for tensor in kept}
        self._holders: Counter[int] = Counter()
        self.now = self.peak = 0
        self._hooks: AbstractContextManager[Any] | None = None

    def __enter__(self) -> LiveBytes:
        self._hooks = torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: _Saved(tensor, self), lambda saved: saved.tensor
        )
        self._hooks.__enter__()
        return self

    def __exit__(self, *reason: Any) -> None:
        assert self._hooks is not None  # entered
        self._hooks.__exit__(*reason)

    def hold(self, place: int, size: int) -> None:
        """One more holder of the memory at `place`."""
        self._holders[place] += 1
        if self._holders[place] == 1 and place not in self._kept:
            self.now += size
            self.peak = max(self.peak, self.now)

    def drop(self, place: int, size: int) -> None:
        """One holder less."""
        self._holders[place] -= 1
        if not self._holders[place] and place not in self._kept:
            self.now -= size


class _Saved:
    """A tensor on its way through the graph; counted as long as the graph holds it."""

    def __init__(self, tensor: Tensor, count: LiveBytes) -> None:
        self.tensor, self._count = tensor, count
        self._memory = _place(tensor), tensor.untyped_storage().nbytes()
        count.hold(*self._memory)

    def __del__(self) -> None:
        self._count.drop(*self._memory)


def _place(tensor: Tensor) -> int:
    """What two tensors have in common that share their memory, on any device."""
    return int(tensor.untyped_storage()._cdata)
