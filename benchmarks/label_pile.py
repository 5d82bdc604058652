"""Label a part of a pile through the swipe app's HTTP interface from its truth.csv.

    python -m benchmarks.label_pile WORKSPACE PILE --count 200

PILE holds truth.csv with the columns file and label; photo_good is labeled good, all else bad. Images that are not in
it are not labeled.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

from sqlalchemy import select

from curate.models import File, Image
from curate.workspace import Workspace
from swipeweb.client import SwipeClient, verdict
from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer


def main() -> None:
    """Label, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("pile", type=Path)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    with (options.pile / "truth.csv").open(newline="", encoding="utf-8") as file:
        truth = {row["file"]: "good" if row["label"] == "photo_good" else "bad" for row in csv.DictReader(file)}
    workspace = Workspace(options.workspace)
    with workspace.open()() as session:
        rows = session.execute(select(Image.sha256, File.path).join(File, File.image_id == Image.id)).all()
    said = {sha256: truth[Path(path).name] for sha256, path in rows if Path(path).name in truth}
    stored, started = 0, time.monotonic()
    with SwipeServer(workspace, SwipeOptions(port=0, repeats=0, gold=0, order="random"), seed=0) as server:
        phone = SwipeClient(server.link("Truth"))
        passed: set[int] = set()
        while stored < options.count and (shown := phone.next(40, have=passed)):
            known = [image for image in shown if image.sha256 in said][: options.count - stored]
            passed |= {image.id for image in shown if image.sha256 not in said}
            stored += len(phone.send([verdict(image.id, said[image.sha256]) for image in known])["stored"])
    seconds = time.monotonic() - started
    print(f"{stored} labels stored in {seconds:.1f} s; {len(passed)} images were passed over")


if __name__ == "__main__":
    main()
