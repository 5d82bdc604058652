"""The swipe server while its disk is full, its clock jumps, its line drops, repeats and reorders, and others write."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fault_kit import ROOT, is_whole, rounds, rows
from swipe_helpers import add_image, draw_face, make_workspace, serving

from curate import models, store_access, store_labels, store_queue
from curate.models import Label
from curate.workspace import Workspace
from swipeweb import queue
from swipeweb.client import Event, SwipeClient, SwipeError, verdict
from swipeweb.server import SwipeServer

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of 40 drawn pictures."""
    return make_workspace(tmp_path_factory.mktemp("server"), 40).root.parent


@pytest.fixture
def workspace(pictures: Path, tmp_path: Path) -> Workspace:
    """A copy of its database; the pictures stay where they are."""
    with closing(sqlite3.connect(pictures / "work" / "swipegan.db")) as database:
        (tmp_path / "work").mkdir()
        database.execute("vacuum into ?", [str(tmp_path / "work" / "swipegan.db")])
    return Workspace(tmp_path / "work")


def stored(server: SwipeServer) -> list[str]:
    """The uuids of all events, in the order in which they were stored."""
    with server.sessions() as session:
        return list(session.scalars(sa.select(Label.uuid).order_by(Label.seq)))


class BadLine(SwipeClient):
    """A phone whose line loses requests before they arrive, and answers after; requests arrive twice."""

    def __init__(self, link: str, dice: random.Random) -> None:
        self.dice: random.Random | None = None
        super().__init__(link)
        self.dice = dice

    def call(self, path: str, content: object = None) -> dict[str, Any]:
        """A request that may fail on the way there or back, or arrive twice."""
        roll = 1.0 if self.dice is None else self.dice.random()
        if roll < 0.25:
            raise ConnectionResetError("lost before it arrived")
        answer = super().call(path, content)
        if roll < 0.45:
            raise ConnectionResetError("the answer was lost")
        return super().call(path, content) if roll < 0.6 else answer


def test_over_a_line_that_drops_repeats_and_reorders_every_verdict_arrives_once(
    workspace: Workspace, record_property: Record
) -> None:
    dice = random.Random(5)
    with serving(workspace) as server:
        phone = BadLine(server.link("Ann"), dice)
        waiting: list[Event] = []
        judged: dict[int, Event] = {}
        for _ in range(400):
            with suppress(ConnectionResetError):
                for image in phone.next(4, have=judged):
                    event = judged.setdefault(image.id, verdict(image.id, "good"))
                    waiting += [event] if event not in waiting else []
            dice.shuffle(waiting)
            part = waiting[: dice.randint(1, 6)]
            with suppress(ConnectionResetError):
                answer = phone.send(part)
                arrived = {*answer["stored"], *answer["known"]}
                assert arrived == {event.uuid for event in part}, answer
                waiting = [event for event in waiting if event.uuid not in arrived]
            if len(judged) == 40 and not waiting:
                break
        kept = stored(server)
    assert len(judged) == 40
    assert sorted(kept) == sorted(event.uuid for event in judged.values())
    record_property("tried", 40)
    record_property("seen", "40 verdicts, each stored once")


def make_room(server: SwipeServer) -> None:
    """Let SQLite write again, where it said that its disk is full."""
    for sessions in (server.sessions, server.app.extensions["parts"].quick):
        with sessions.kw["bind"].connect() as connection:
            connection.connection.driver_connection.execute("pragma max_page_count = 1000000")


def test_a_full_disk_refuses_verdicts_in_words_and_the_same_ones_are_stored_when_there_is_room(
    workspace: Workspace, record_property: Record
) -> None:
    tried = 0
    with serving(workspace) as server:
        phone = SwipeClient(server.link("Ann"))
        images = phone.next(30)
        waiting: list[Event] = []
        full = "pragma max_page_count = 1"
        sa.event.listen(server.sessions.kw["bind"], "begin", limit := lambda c: c.exec_driver_sql(full))
        for image in images:
            waiting += [verdict(image.id, "bad") for _ in range(20)]
            with suppress(SwipeError):
                answer = phone.send(waiting[-20:])
                waiting = [event for event in waiting if event.uuid not in {*answer["stored"], *answer["known"]}]
                continue
            tried += 1
        refused = list(waiting)
        with pytest.raises(SwipeError, match=r"waits on your device \(503\)"):
            phone.send(refused[:500])
        sa.event.remove(server.sessions.kw["bind"], "begin", limit)
        make_room(server)
        for start in range(0, len(refused), 500):
            phone.send(refused[start : start + 500])
        assert {event.uuid for event in refused} <= set(stored(server))
    assert is_whole(workspace.root)
    record_property("tried", tried)
    record_property("seen", f"{tried} batches refused with 503, all stored afterwards")


@pytest.mark.parametrize("jump", [dt.timedelta(days=-400), dt.timedelta(hours=-3), dt.timedelta(hours=3)])
def test_a_clock_that_jumps_loses_no_verdict_and_hands_no_picture_to_two(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, jump: dt.timedelta
) -> None:
    with serving(workspace) as server:
        ann, bo = SwipeClient(server.link("Ann")), SwipeClient(server.link("Bo"))
        before = ann.next(5)
        for module in (models, store_access, store_queue, store_labels, queue):
            if hasattr(module, "now"):
                monkeypatch.setattr(module, "now", lambda: dt.datetime.now(dt.UTC) + jump)
        events = [verdict(image.id, "good") for image in before]

        assert sorted(ann.send(events)["stored"]) == sorted(event.uuid for event in events)
        theirs, mine = bo.next(10), ann.next(10)

        assert not {image.id for image in theirs} & {image.id for image in mine}
        assert not {image.id for image in before} & {image.id for image in [*theirs, *mine]}, (
            "judged ones do not return"
        )
        assert ann.progress()["yours"]["good"] == 5


def test_while_people_swipe_others_scan_choose_and_back_up(
    workspace: Workspace, tmp_path: Path, record_property: Record
) -> None:
    from curate.backup import back_up
    from curate.config import FilterOptions
    from curate.filters import run as choose

    done = threading.Event()
    problems: list[BaseException] = []
    counted = {"photos": 0, "selections": 0, "copies": 0}

    def work(task: Callable[[int], None]) -> None:
        number = 0
        try:
            while not done.is_set() and number < 40:
                task(number)
                number += 1
        except BaseException as error:  # told by the test
            problems.append(error)

    def add(number: int) -> None:
        path = tmp_path / f"new{number}.jpg"
        box = draw_face(path, 1000 + number, 160, 200)
        with sessions.begin() as session:
            add_image(session, path, box, 160, 200)
        counted["photos"] += 1

    def select(number: int) -> None:
        choose(workspace, FilterOptions(name="all", limit=5 + number))
        counted["selections"] += 1

    def copy(number: int) -> None:
        back_up(workspace.root / "swipegan.db", tmp_path / f"copy{number}.db")
        counted["copies"] += 1

    sessions = workspace.open()
    with serving(workspace) as server:
        threads = [threading.Thread(target=work, args=(task,)) for task in (add, select, copy)]
        for thread in threads:
            thread.start()
        phone = SwipeClient(server.link("Ann"))
        sent: list[Event] = []
        while len(sent) < 30:
            events = [verdict(image.id, "good") for image in phone.next(3)]
            assert len(phone.send(events)["stored"]) == len(events)
            sent += events
        done.set()
        for thread in threads:
            thread.join()
        assert set(stored(server)) >= {event.uuid for event in sent}
    sessions.kw["bind"].dispose()
    assert not problems, problems
    assert min(counted.values()) > 0
    for number in range(counted["copies"]):
        with closing(sqlite3.connect(tmp_path / f"copy{number}.db")) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    record_property("tried", sum(counted.values()) + len(sent))
    record_property("seen", ", ".join(f"{count} {what}" for what, count in counted.items()) + f", {len(sent)} verdicts")


def test_two_commands_at_once_on_one_workspace_wait_for_each_other(
    workspace: Workspace, record_property: Record
) -> None:
    """Each of them writes another version, or finds its own."""
    commands = [
        [sys.executable, "-m", "cli", "-w", str(workspace.root), "filter", f"name{number}", "--limit", str(number + 1)]
        for number in range(rounds(2, 8))
    ]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for command in commands
    ]
    said = [process.communicate()[0].decode() for process in running]

    assert [process.returncode for process in running] == [0] * len(running), said
    assert rows(workspace.root, "select count(*), sum(kept) from selections") == [
        (len(running), sum(range(1, len(running) + 1)))
    ]
    assert is_whole(workspace.root)
    record_property("tried", len(running))


def test_a_workspace_that_moved_and_photos_on_a_drive_that_comes_and_goes(tmp_path: Path, pictures: Path) -> None:
    """Scanned at one place, labeled, moved with its photos to another: nothing is lost, missing is not deleted."""
    from curate.config import ScanOptions
    from curate.scan import run as scan

    old, drive = tmp_path / "old", tmp_path / "drive"
    drive.mkdir()
    for number in range(3):
        draw_face(drive / f"{number}.jpg", number, 160, 200)
    first = Workspace(old)
    options = ScanOptions(folders=(drive,), processes=1)
    assert scan(first, options).new == 3
    with serving(first) as server:
        phone = SwipeClient(server.link("Ann"))
        sent = [verdict(image.id, "good") for image in phone.next(3)]
        phone.send(sent)

    drive.rename(tmp_path / "elsewhere")  # the drive is gone
    drive.mkdir()
    gone = scan(first, options)
    assert (gone.missing, gone.new) == (3, 0)
    shutil.move(old, tmp_path / "moved")  # another disk, and the photos are there
    second = Workspace(tmp_path / "moved")
    there = scan(second, ScanOptions(folders=(tmp_path / "elsewhere",), processes=1))

    assert (there.new, there.moved) == (0, 3)
    assert [row[0] for row in rows(second.root, "select uuid from labels order by seq")] == [e.uuid for e in sent]
    shutil.rmtree(drive)
    (tmp_path / "elsewhere").rename(drive)
    assert scan(second, options).back == 3
    assert rows(second.root, "select count(*) from images") == [(3,)]


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A server that ended leaves nothing behind."""
    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 1
