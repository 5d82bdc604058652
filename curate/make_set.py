"""The command `guides`: from a selection to a set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from curate import store_sets
from curate.config import GuidesOptions
from curate.errors import UserError
from curate.models import Face, Selection
from curate.set_faces import Job, LeftOut
from curate.set_folder import LEFT_OUT, SHEET, Written, write_set
from curate.split import held_out_people, join_lookalikes, person_of
from curate.store_sets import KeptImage
from curate.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class SetSummary:
    """What `guides` has made."""

    name: str
    path: str
    selection: str
    faces: int
    train: int
    held_out: int
    people: int
    people_held_out: int
    size: int
    guide: str
    upscale_median: float  # pixels of a face per pixel of the photo
    upscale_max: float
    left_out: dict[str, int]  # why -> how many
    digest: str
    sheet: str
    fresh: bool  # False: the set was there already, made from the same

    def text(self) -> str:
        """The summary for people."""
        state = "" if self.fresh else " (was there already, unchanged)"
        left_out = ", ".join(f"{count} {kind}" for kind, count in self.left_out.items()) or "none"
        return "\n".join(
            [
                f"set {self.name}{state}: {self.faces} faces of {self.people} people, {self.size} px, "
                f"guide {self.guide}, from selection {self.selection}",
                f"  training sees {self.train}; held out: {self.held_out}, of {self.people_held_out} people",
                f"  enlarged {self.upscale_median:.2f} times (median), at most {self.upscale_max:.2f}",
                f"  left out: {left_out}" + (f"; each with its reason in {LEFT_OUT}" if self.left_out else ""),
                f"  {self.path}",
                f"look at {self.sheet}; then: swipegan train lowres {self.name}",
            ]
        )


def run(workspace: Workspace, options: GuidesOptions) -> SetSummary:
    """Write the set of a selection, or find that it is there; raises UserError where something else is in its place."""
    name = options.set or options.selection
    sessions = workspace.open()
    with sessions() as session:
        selection = store_sets.newest_selection(session, options.selection)
        jobs, left_out = plan(store_sets.kept_images(session, selection), options)
        session.expunge_all()
    if not jobs:
        raise UserError(f"selection {selection.name} has no face for a set: {_first_reasons(left_out)}")
    written = write_set(workspace.sets / name, jobs, left_out, options, _as_info(selection))
    summary = summarise(written, options.selection)
    with sessions.begin() as session:
        store_sets.record_set(
            session,
            name,
            selection,
            path=str(written.faces.path.absolute()),
            count=summary.faces,
            left_out=sum(summary.left_out.values()),
            digest=summary.digest,
            options=asdict(options),
        )
    return summary


def plan(images: Sequence[KeptImage], options: GuidesOptions) -> tuple[list[Job], list[LeftOut]]:
    """The faces to draw, and the images that have none or too small a one."""
    people = _people(images, options)
    out = held_out_people(people.values(), options.held_out)
    jobs: list[Job] = []
    left_out: list[LeftOut] = []
    for image in images:
        if image.face is None:
            left_out.append(_leave(image, "without a face", "the scan has found no face"))
            continue
        person = people[image.sha256]
        job = _job(image, image.face, person, person in out)
        upscale = job.upscale(options.size)
        if upscale > options.max_upscale:
            left_out.append(_leave(image, "too small", f"enlarged {upscale:.3f} times > {options.max_upscale:g}"))
        else:
            jobs.append(job)
    return jobs, left_out


def summarise(written: Written, selection: str) -> SetSummary:
    """Count a set."""
    faces = written.faces
    upscales = [entry.upscale for entry in faces.entries]
    return SetSummary(
        name=faces.info.name,
        path=str(faces.path),
        selection=selection,
        faces=len(faces),
        train=len(faces.train),
        held_out=len(faces.held_out),
        people=len({entry.person for entry in faces.entries}),
        people_held_out=len({entry.person for entry in faces.held_out}),
        size=faces.info.size,
        guide=faces.info.guide,
        upscale_median=round(float(np.median(upscales)), 3),
        upscale_max=max(upscales),
        left_out=faces.info.left_out,
        digest=faces.digest,
        sheet=str(faces.path / SHEET),
        fresh=written.fresh,
    )


def _people(images: Sequence[KeptImage], options: GuidesOptions) -> dict[str, str]:
    """Who is in each image: by its file's name, and where the scan has kept descriptors, by the face too."""
    names = [person_of(_source(image), options.people, image.sha256[:16]) for image in images]
    raw = [image.face.descriptor if image.face else None for image in images]
    descriptors = [None if one is None else np.frombuffer(one, "<f4") for one in raw]
    return dict(zip((image.sha256 for image in images), join_lookalikes(names, descriptors), strict=True))


def _job(image: KeptImage, face: Face, person: str, held_out: bool) -> Job:
    return Job(
        sha256=image.sha256,
        paths=image.paths,
        landmarks=tuple((float(x), float(y)) for x, y in face.landmarks),
        box=(float(face.left), float(face.top), float(face.right), float(face.bottom)),
        person=person,
        held_out=held_out,
    )


def _source(image: KeptImage) -> str:
    return Path(image.paths[0]).name if image.paths else image.sha256


def _leave(image: KeptImage, kind: str, reason: str) -> LeftOut:
    return LeftOut(sha256=image.sha256, source=_source(image), kind=kind, reason=reason)


def _as_info(selection: Selection) -> dict[str, object]:
    return {"name": selection.name, "version": selection.version, "rule": selection.rule}


def _first_reasons(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return "it keeps no image"
    return "; ".join(f"{one.source}: {one.reason}" for one in left_out[:3])
