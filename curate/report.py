"""`swipegan report`: the workspace as one page, as text and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.config import ReportOptions
from curate.errors import UserError
from curate.files import write_atomically
from curate.report_facts import Report
from curate.report_gather import gather
from curate.report_page import page, size_words
from curate.report_text import head, text
from curate.store_report import reading
from curate.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ReportSummary:
    """What the report says, and the page if one was written."""

    page: Path | None
    bytes: int
    whole: bool  # whether the text is all of it or its head
    report: Report

    def text(self) -> str:
        """The facts, or their head and where the page is."""
        parts = [text(self.report) if self.whole else head(self.report)]
        if self.page is not None:
            parts.append(f"report: {self.page} ({size_words(self.bytes)})")
        return "\n\n".join(parts) if self.whole else "\n".join(parts)


def run(workspace: Workspace, options: ReportOptions) -> ReportSummary:
    """Gather the facts and write the page; only the facts for `--text` without `--output`."""
    if not workspace.has_database():
        raise UserError(f"there is nothing to report in {workspace.root} yet; `swipegan scan FOLDER` begins")
    with reading(workspace.open()) as session:
        report = gather(session, workspace, options.images)
    place = options.output or (None if options.text else workspace.root / "report.html")
    size = 0
    if place is not None:
        html = page(report, workspace.cache).encode("utf-8", "replace")  # a file's name need not be valid text
        size = len(html)
        try:
            write_atomically(place, html)
        except OSError as error:
            raise UserError(f"cannot write {place}: {error.strerror}; give another --output") from error
    return ReportSummary(page=place, bytes=size, whole=options.text, report=report)
