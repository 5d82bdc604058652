"""A swipe server that is killed: what was acknowledged is there, once, and going on loses nothing."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from swipe_helpers import make_workspace

from curate.workspace import Workspace
from swipeweb.client import Event, SwipeClient, verdict

ROOT = Path(__file__).parent.parent
ROUNDS, A_ROUND = 3, 12


def serve(workspace: Workspace) -> tuple["subprocess.Popen[str]", SwipeClient]:
    """`swipegan swipe` in a process of its own, and a phone that redeemed its link."""
    command = [sys.executable, "-m", "cli", "-w", str(workspace.root), "swipe", "--port", "0"]
    command += ["--repeats", "0", "--gold", "0"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if link := re.search(r"http://\S+/join#\S+", line):
            return server, SwipeClient(link.group())
    raise AssertionError("the server ended without a link")


def test_kill_9_loses_nothing_that_was_acknowledged_and_stores_nothing_twice(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, ROUNDS * A_ROUND + 8)
    acknowledged: list[Event] = []
    for _ in range(ROUNDS):
        server, phone = serve(workspace)
        try:
            known = phone.send(acknowledged)["known"] if acknowledged else []
            assert sorted(known) == sorted(event.uuid for event in acknowledged), "what was sent again is known"
            for image in phone.next(A_ROUND):
                event = verdict(image.id, "good")
                assert phone.send([event])["stored"] == [event.uuid]
                acknowledged.append(event)
        finally:
            server.kill()  # SIGKILL, right after the last answer
            server.communicate()

    with closing(sqlite3.connect(workspace.root / "swipegan.db")) as connection:
        stored = [uuid for (uuid,) in connection.execute("select uuid from labels order by seq")]
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert stored == [event.uuid for event in acknowledged]
    assert len({event.image for event in acknowledged}) == ROUNDS * A_ROUND, "nobody was asked twice"
