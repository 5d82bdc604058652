"""The page to play with the networks: its app, its server, and what it asks of whoever paints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from flask import Flask
from numpy.typing import NDArray

from curate.errors import UserError
from curate.workspace import Workspace
from swipeweb.access import Doorkeeper
from swipeweb.assets import FOLDER, Assets
from swipeweb.config import PlayOptions
from swipeweb.door import Sign, answer_error, open_door
from swipeweb.play_jobs import Jobs, Stroke
from swipeweb.play_views import play
from swipeweb.server import AppServer
from swipeweb.terminal import invite_and_run

BODY = 64 * 1024  # bytes a request may send; 68 landmarks take 3,000
SIGN = Sign("Paint people who do not exist", "swipegan serve", "play_ways.html")
FILES = ("api.js", "icon.svg", "join.js", "sheet.js", "swipe.css")  # shared with the swipe page

Pixels = NDArray[np.uint8]


class Drawn(Protocol):
    """A small face (E, E, 3), its landmarks (68, 2) of 0..1, where they come from, and the guide, (E, E, 3)."""

    @property
    def face(self) -> Pixels: ...
    @property
    def landmarks(self) -> NDArray[np.float64]: ...
    @property
    def source(self) -> str: ...
    @property
    def guide(self) -> Pixels: ...


class Painted(Protocol):
    """A finished portrait: its PNG, what was found on the way, the change kept of each tile, file name, command."""

    @property
    def png(self) -> bytes: ...
    @property
    def result(self) -> dict[str, Any]: ...
    @property
    def kept(self) -> tuple[str, ...]: ...
    @property
    def name(self) -> str: ...
    @property
    def command(self) -> str: ...


class Painter(Protocol):
    """Who paints. Wishes are its own: the page's JSON goes in by `read`, which raises UserError where it is wrong."""

    def about(self) -> dict[str, Any]:
        """What the page must know of the networks."""
        ...

    def read(self, asked: dict[str, Any]) -> Any:
        """The wish that JSON speaks of."""
        ...

    def draw(self, wish: Any) -> Drawn:
        """The small face of a wish."""
        ...

    def guide_of(self, asked: Any) -> Pixels:
        """The guide of landmarks that were moved, given as JSON."""
        ...

    def strokes(self, wish: Any) -> int:
        """How many tiles there will be, candidates counted."""
        ...

    def paint(self, wish: Any, saw: Callable[[Stroke], None], stop: Callable[[], None]) -> Painted:
        """Paint; `saw` is shown each tile, `stop` is called after each batch and raises to cancel."""
        ...


def create_app(painter: Painter, keeper: Doorkeeper, waiting: int) -> Flask:
    """An app that shows what `painter` paints; `waiting` portraits may queue."""
    app = Flask("swipeweb", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    app.extensions["painter"] = painter
    app.extensions["jobs"] = Jobs(painter.paint, waiting)
    open_door(app, keeper, SIGN, Assets(*(FOLDER / name for name in FILES), *sorted((FOLDER / "play").iterdir())))
    app.register_blueprint(play)
    app.register_error_handler(UserError, lambda error: answer_error(400, str(error)))
    return app


class PlayServer(AppServer):
    """The page on a port: `with PlayServer(workspace, options, painter) as server: server.link("Ann")`."""

    def __init__(self, workspace: Workspace, options: PlayOptions, painter: Painter) -> None:
        self._painter, self._waiting = painter, options.waiting
        super().__init__(workspace, options)

    def make_app(self, keeper: Doorkeeper) -> Flask:
        """The app with its queue."""
        app = create_app(self._painter, keeper, self._waiting)
        self.jobs: Jobs = app.extensions["jobs"]
        return app

    def start_parts(self) -> None:
        """Start painting what is asked for."""
        self.jobs.start()

    def close_parts(self) -> None:
        """Cancel what is being painted, and end."""
        self.jobs.stop()


def serve(workspace: Workspace, options: PlayOptions, painter: Painter, say: Callable[[str], object]) -> None:
    """Serve the page until Ctrl-C; `say` prints a line."""
    invite_and_run(PlayServer(workspace, options, painter), say)
