"""A clip that holds still: what the network imagines is carried along with the motion instead of imagined anew.

A painted frame is the enlarged lowres frame plus detail. The lowres frame moves smoothly by itself; the detail is new
in every frame, and that is the flicker. So the detail of the frame before is carried to this one and mixed with this
one's; where the flow is not to be trusted this one's alone counts. Mixing calms texture that does not agree, so the
energy of the frame's own detail is given back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infer.blend import energy_gain, smooth
from infer.flow import Flow, carry, find_flow
from infer.project import enlarge, project

Floats = NDArray[np.float32]

ENERGY_SIGMA = 4.0  # px over which the energy of detail is compared
FINE_SIGMA = 1.0  # px: finer detail is what sharpness is made of, and what mixing calms first
FINE_REACH = 3


@dataclass(frozen=True, kw_only=True)
class SteadySettings:
    """carried: share of the detail that comes from the frame before, 0..1. most_gain: of giving energy back, per frame.

    projections: times that the frame is brought back to its lowres picture.
    """

    carried: float = 0.85
    most_gain: float = 1.5
    projections: int = 2

    def as_request(self) -> dict[str, Any]:
        """What decides how the clip looks, for its recipe."""
        return asdict(self)


class Steadier:
    """Frames in, one after the other; steady frames out. Its `detail` and `lowres` are all that it remembers."""

    def __init__(self, settings: SteadySettings | None = None) -> None:
        self.settings = settings or SteadySettings()
        self.detail: Floats | None = None
        self.lowres: Floats | None = None

    def __call__(self, picture: Floats, lowres: Floats) -> Floats:
        """The next frame (3, 8h, 8w) of a painted one and its lowres picture (3, h, w), all -1..1."""
        base = enlarge(lowres)
        picture = project(picture, lowres, self.settings.projections)
        own = picture - base
        if self.detail is not None and self.lowres is not None and self.settings.carried > 0:
            mixed = mix(own, self.detail, find_flow(lowres, self.lowres), self.settings)
            picture = project(base + mixed, lowres, self.settings.projections)
        self.detail, self.lowres = picture - base, lowres
        return picture


def mix(own: Floats, before: Floats, flow: Flow, settings: SteadySettings) -> Floats:
    """The detail of a frame: its own (3, height, width) and that of the frame before, carried along the flow."""
    share = np.float32(settings.carried) * flow.trust
    mixed = own + share * (carry(before, flow.shift) - own)
    return sum_of_bands(own, mixed, settings.most_gain)


def sum_of_bands(own: Floats, mixed: Floats, most: float) -> Floats:
    """Mixed detail whose fine and coarse part each have the local energy of the frame's own."""
    wanted, found = (np.stack([smooth(plane, FINE_SIGMA, FINE_REACH) for plane in detail]) for detail in (own, mixed))
    fine = (mixed - found) * gain(own - wanted, mixed - found, most)
    return fine + found * gain(wanted, found, most)


def gain(own: Floats, mixed: Floats, most: float) -> Floats:
    """What gives mixed detail the local energy of the frame's own, (height, width), 1 to `most`."""
    return np.clip(energy_gain(np.square(own).mean(axis=0), mixed, ENERGY_SIGMA), 1, np.float32(most))
