"""A small workspace with everything in it, and every command that writes into one."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from fault_kit import Command, Zygote, labels, network, pixels, rows, tree
from infer_runs import write_runs
from scan_fixtures import write_portraits

PICTURES = 22  # half of them bad: `judge` wants ten of each
TINY = ("--device", "cpu", "--threads", "1", "--precision", "float32", "--width", "0.06", "--batch", "4")


def make_workspace(root: Path, zygote: Zygote) -> None:
    """Photos scanned, labeled, chosen, made into a set; two runs with networks of a few channels."""
    write_portraits(root / "photos", PICTURES)
    write_portraits(root / "more", PICTURES + 3)
    for path in sorted((root / "more").iterdir())[:PICTURES]:
        path.unlink()  # three that the workspace does not know
    write_runs(root)
    with (root / "swipes.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "verdict", "labeler"])
        for number, path in enumerate(sorted((root / "photos").iterdir())):
            for who in ("Ann", "Bo"):
                table.writerow([path, "bad" if number % 2 else "good", who])
    for arguments in (
        ("scan", f"{root}/photos", "--processes", "1"),
        ("import", "labels", f"{root}/swipes.csv"),
        ("filter", "all", "--min-sharpness", "0"),
        ("guides", "all", "--size", "192", "--max-upscale", "9", "--processes", "1", "--held-out", "0.3"),
    ):
        ended = zygote.run(root, *arguments)
        assert ended.code == 0, ended.errors


SCANNED = "select path, state, sha256, (select group_concat(sharpness) from measures m where m.image_id = f.image_id)"
JUDGED = "select image_id, quality, reasons from predictions order by image_id"
CHOSEN = """select s.name, s.version, s.digest, i.image_id, i.kept, i.rule, i.reason
            from selections s join selection_images i on i.selection_id = s.id order by 1, 2, 4"""

COMMANDS = [
    Command(
        "samples",
        ("samples", "{w}/out/drawn", "--count", "3", "--size", "96", "--processes", "1"),
        lambda root: tree(root / "out" / "drawn"),
    ),
    Command(
        "scan",
        ("scan", "{w}/more", "--processes", "1", "--batch", "2"),
        lambda root: rows(root, f"{SCANNED} from files f order by path"),
        slow=True,
    ),
    Command("import labels", ("import", "labels", "{w}/swipes.csv", "--labeler", "Cy"), labels),
    Command("judge", ("judge", "--trees", "10"), lambda root: rows(root, JUDGED)),
    Command("filter", ("filter", "sharp", "--min-sharpness", "5", "--limit", "6"), lambda root: rows(root, CHOSEN)),
    Command(
        "guides",
        ("guides", "all", "--set", "small", "--size", "96", "--max-upscale", "9", "--processes", "1"),
        lambda root: tree(root / "sets" / "small", ".jpeg", ".png", ".jsonl"),
    ),
    Command(
        "train lowres",
        ("train", "lowres", "all", "--run", "one", "--extent", "32", "--z", "8", "--images", "8", *TINY),
        lambda root: network(root / "runs" / "one"),
        slow=True,
    ),
    Command(
        "train upres",
        ("train", "upres", "all", "--run", "two", "--tile", "16", "--preset", "residual", "--images", "8", *TINY),
        lambda root: network(root / "runs" / "two"),
        slow=True,
    ),
    Command(
        "generate images",
        *(("generate", "images", "--lowres", "faces", "--upres", "large", "--count", "2", "-o", "{w}/out/made"),),
        lambda root: pixels(root / "out" / "made"),
        slow=True,
    ),
    Command(
        "upres",
        ("upres", "{w}/photos/portrait-000.jpg", "--upres", "large", "--scale", "1", "-o", "{w}/out/large"),
        lambda root: pixels(root / "out" / "large"),
        slow=True,
    ),
    Command(
        "export labels",
        ("export", "labels", "-o", "{w}/out/labels.csv"),
        lambda root: (root / "out" / "labels.csv").read_text(),
    ),
    Command(
        "export measures",
        ("export", "measures", "-o", "{w}/out/measures.jsonl"),
        lambda root: (root / "out" / "measures.jsonl").read_text(),
    ),
    Command(
        "export selections",
        ("export", "selections", "-o", "{w}/out/selections.jsonl"),
        lambda root: (root / "out" / "selections.jsonl").read_text(),
    ),
    Command(
        "export set",
        ("export", "set", "all", "--as", "webdataset", "-o", "{w}/out/tars"),
        lambda root: tree(root / "out" / "tars", ".tar"),
        done=(0, 1),  # a folder that is there is never written over
    ),
    Command(
        "backup",
        ("backup", "{w}/out/copy.db", "--replace"),
        lambda root: (root / "out" / "copy.db").stat().st_size > 0,
    ),
    Command(
        "forget",
        ("forget", "1", "--yes"),
        lambda root: rows(root, "select id, sha256 from images order by id"),
        done=(0, 1),  # nobody knows that image any more
    ),
    Command("report", ("report", "-o", "{w}/out/report.html"), lambda root: (root / "out" / "report.html").exists()),
]


def places(command: Command, steps: int, count: int) -> list[int]:
    """Steps at which a command is killed: all if there are no more than that, or else drawn, always the same."""
    return (
        list(range(1, steps + 1)) if steps <= count else random.Random(command.name).sample(range(1, steps + 1), count)
    )
