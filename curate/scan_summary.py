"""What a scan says at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from curate.progress import clock

NAMED = 3  # files named for each reason


@dataclass(kw_only=True)
class ScanSummary:
    """Files by what became of them, faces, and speed.

    bad: files that cannot be used, by reason, known ones included. examples: some of them. measured: images that were
    decoded in this scan; images_per_second: of these. mislabelled: images whose name says another format.
    """

    folders: tuple[str, ...]
    files: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    copies: int = 0
    missing: int = 0
    back: int = 0
    measured: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    mislabelled: int = 0
    animated: int = 0
    no_face: int = 0
    one_face: int = 0
    several_faces: int = 0
    hidden: int = 0
    own: int = 0
    special: int = 0
    unread: list[str] = field(default_factory=list)
    seconds: float = 0.0
    images_per_second: float = 0.0

    def text(self) -> str:
        """The result for people."""
        lines = [self._files(), self._images(), *self._bad(), *self._left_out(), self._speed()]
        return "\n".join(line for line in lines if line)

    def _files(self) -> str:
        parts = {
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "moved (they keep their labels)": self.moved,
            "copies of a known image": self.copies,
            "back again": self.back,
            "bad": sum(self.bad.values()),
        }
        told = ", ".join(f"{count} {word}" for word, count in parts.items() if count) or "nothing to do"
        gone = f"; {self.missing} that were there are missing" if self.missing else ""
        return f"{_number(self.files, 'file')}: {told}{gone}"

    def _images(self) -> str:
        found = {"one face": self.one_face, "several faces": self.several_faces, "no face found": self.no_face}
        total = sum(found.values())
        return f"{_number(total, 'image')}: " + ", ".join(f"{count} {word}" for word, count in found.items())

    def _bad(self) -> list[str]:
        lines: list[str] = []
        for kind, count in sorted(self.bad.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"  {count} {kind}")
            lines += [f"      {example}" for example in self.examples.get(kind, [])]
        return ["files that cannot be used:", *lines] if lines else []

    def _left_out(self) -> list[str]:
        parts = {
            "hidden": self.hidden,
            "of a workspace": self.own,
            "no regular files": self.special,
            "folders that cannot be opened": len(self.unread),
        }
        told = [f"{count} {word}" for word, count in parts.items() if count]
        lines = [f"left out: {', '.join(told)}"] if told else []
        lines += [f"      {folder}" for folder in self.unread[:NAMED]]
        if self.mislabelled:
            lines.append(
                f"{_number(self.mislabelled, 'image')} with the extension of another format, read all the same"
            )
        if self.animated:
            lines.append(f"{_number(self.animated, 'image')} animated or of several pages, the first one taken")
        return lines

    def _speed(self) -> str:
        rate = f", {self.images_per_second:.1f} images/s" if self.measured else ""
        time = clock(self.seconds) if self.seconds >= 10 else f"{self.seconds:.1f} s"
        return f"{_number(self.measured, 'image')} measured in {time}{rate}"


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")
