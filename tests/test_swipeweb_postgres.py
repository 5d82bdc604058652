"""The same suite on PostgreSQL, and two servers that share the work; the cluster is started by the test itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from swipe_helpers import link_to, make_workspace, served
from test_swipeweb_api import (  # run again here, with this module's fixtures
    server,  # noqa: F401
    test_a_judged_image_is_not_shown_again_and_progress_counts_it,  # noqa: F401
    test_a_lease_that_ended_goes_to_somebody_else_and_the_late_verdict_still_counts,  # noqa: F401
    test_adaptive_opinions_stop_once_the_posterior_is_sure,  # noqa: F401
    test_an_undo_is_an_event_and_brings_the_image_back,  # noqa: F401
    test_gold_images_are_those_that_a_reviewer_settled,  # noqa: F401
    test_new_images_and_imported_labels_reach_a_running_server,  # noqa: F401
    test_nobody_undoes_or_overwrites_anothers_event,  # noqa: F401
    test_repeats_are_hidden_marked_and_far_apart,  # noqa: F401
    test_the_same_batch_twice_counts_once,  # noqa: F401
    test_with_one_opinion_eight_browsers_label_nothing_twice,  # noqa: F401
    test_with_three_opinions_each_image_gets_exactly_three_people,  # noqa: F401
)

from curate.workspace import Workspace
from swipeweb.client import SwipeClient, verdict

pytest.importorskip("psycopg", reason="PostgreSQL needs pip install 'swipegan[postgres]'")
pytestmark = pytest.mark.slow


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs, as Debian installs them; skips where there is none."""
    found = shutil.which(name) or next(iter(sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.skip("no PostgreSQL: install Debian's package postgresql")
    return str(Path(found).resolve())


@pytest.fixture(scope="module")
def cluster():
    """The URL of an empty cluster that lives as long as these tests."""
    initdb, control = program("initdb"), program("pg_ctl")
    as_user = {"user": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}  # PostgreSQL refuses root
    home = Path(tempfile.mkdtemp(prefix="swipegan-cluster-"))  # a short path: sockets have no more than 107 letters
    if as_user:
        shutil.chown(home, "postgres")
    data = home / "data"

    def run(*command: object) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home, **as_user)

    run(initdb, "-D", data, "-U", "swipegan", "--auth=trust", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    run(control, "-D", data, "-o", options, "-l", home / "log", "-w", "start")
    yield f"postgresql+psycopg://swipegan@/{{}}?host={home}"
    run(control, "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(home)


def execute(cluster: str, statement: str) -> None:
    engine = sa.create_engine(cluster.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(scope="module")
def photos(cluster, tmp_path_factory):
    """A database of 30 pictures; tests copy it."""
    execute(cluster, "create database photos")
    return make_workspace(tmp_path_factory.mktemp("photos"), 30, cluster.format("photos"))


numbers = iter(range(1000))


@pytest.fixture
def workspace(cluster, photos, tmp_path):
    name = f"copy{next(numbers)}"
    execute(cluster, f"create database {name} template photos")
    return Workspace(tmp_path, cluster.format(name))


@pytest.mark.parametrize(("opinions", "people"), [(1, 8), (3, 6)])
def test_two_server_processes_share_the_work(workspace, opinions, people):
    links = [link_to(workspace, "", f"person {number}") for number in range(people)]
    options = ("--opinions", str(opinions))
    with served(workspace, *options) as one, served(workspace, *options) as other:

        def label(number: int) -> None:
            client = SwipeClient((one, other)[number % 2] + links[number])
            while images := client.next(3):
                client.send([verdict(image.id, "good") for image in images])

        threads = [threading.Thread(target=label, args=(number,)) for number in range(people)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    sessions = workspace.open()
    with sessions() as session:
        found = session.execute(sa.text("select image_id, count(*), count(distinct labeler_id) from labels group by 1"))
        counted = {image: (labels, persons) for image, labels, persons in found}
    sessions.kw["bind"].dispose()
    assert sorted(counted) == list(range(1, 31))
    assert set(counted.values()) == {(opinions, opinions)}
