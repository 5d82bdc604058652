"""The production server around the app: address, links, and their QR codes."""

from __future__ import annotations

import datetime as dt
import io
import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import segno
from cheroot.wsgi import Server
from flask import Flask

from curate import store_access, store_labels
from curate.errors import UserError
from curate.workspace import Workspace
from swipeweb.access import Doorkeeper
from swipeweb.app import create_app
from swipeweb.config import AddressOptions, SwipeOptions
from swipeweb.parts import Parts
from swipeweb.tls import adapter

log = logging.getLogger("swipegan.swipe")

THREADS = 16
LINK_LASTS = dt.timedelta(hours=12)


class PortTaken(UserError):
    """The port cannot be listened on."""


class _Server(Server):
    """cheroot's, whose clients that hang up are no news; what goes wrong in the app is."""

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        log.log(level if level >= logging.ERROR else logging.DEBUG, msg, exc_info=traceback)


class AppServer:
    """An app of a workspace on a port: `with SwipeServer(workspace, options) as server: server.link("Ann")`."""

    def __init__(self, workspace: Workspace, options: AddressOptions) -> None:
        self.address = options
        self.sessions = workspace.open()
        host = "0.0.0.0" if options.lan else "127.0.0.1"  # noqa: S104 - the person asked for it
        self._server = _Server((host, options.port), _not_yet, numthreads=THREADS, request_queue_size=64)
        self._server.max_request_body_size = 1 << 20
        self._server.max_request_header_size = 1 << 16
        if options.certificate and options.key:
            self._server.ssl_adapter = adapter(options.certificate, options.key)
        self._prepare(options.port)
        self.port = int(self._server.bind_addr[1])
        secure = self.url.startswith("https")
        self.app = self.make_app(Doorkeeper(self.sessions, self._hosts(), f"swipegan_{self.port}", secure))
        self._server.wsgi_app = self.app
        self._thread: threading.Thread | None = None

    def make_app(self, keeper: Doorkeeper) -> Flask:
        """The app behind the doorkeeper."""
        raise NotImplementedError

    def start_parts(self) -> None:
        """Start what works beside the requests."""
        raise NotImplementedError

    def close_parts(self) -> None:
        """End what works beside the requests."""
        raise NotImplementedError

    def _prepare(self, port: int) -> None:
        try:
            self._server.prepare()
        except OSError as error:
            raise PortTaken(f"port {port} cannot be used ({error}); --port 0 takes a free one") from error

    @property
    def url(self) -> str:
        """Where phones find the app."""
        if self.address.public_url:
            return self.address.public_url.rstrip("/")
        scheme = "https" if self.address.certificate else "http"
        return f"{scheme}://{lan_address() if self.address.lan else '127.0.0.1'}:{self.port}"

    def _hosts(self) -> set[str]:
        names = {"127.0.0.1", "localhost", "[::1]"}
        if self.address.lan:
            names |= {lan_address(), socket.gethostname().lower(), f"{socket.gethostname().lower()}.local"}
            names |= set(_own_addresses())
        hosts = {f"{name}:{self.port}" for name in names}
        if self.port in {80, 443}:
            hosts |= names
        if self.address.public_url:
            hosts.add(urlsplit(self.address.public_url).netloc.lower())
        return hosts

    def link(self, name: str | None = None, role: str = "labeler", valid: dt.timedelta = LINK_LASTS) -> str:
        """A fresh one-time link for a person, who is added if new; without a name for the owner."""
        with self.sessions.begin() as session:
            person = store_labels.ensure_labeler(session, name or self.address.name, role if name else "owner")
            token = store_access.make_link(session, person, valid)
        return join_url(self.url, token)

    def run(self) -> None:
        """Serve until `stop` or Ctrl-C."""
        self.start_parts()
        self._serve()

    def _serve(self) -> None:
        try:
            self._server.serve()
        finally:
            self._close()

    def stop(self) -> None:
        """End serving."""
        self._server.stop()

    def _close(self) -> None:
        self.stop()
        self.close_parts()
        self.sessions.kw["bind"].dispose()

    def __enter__(self) -> Self:
        self.start_parts()
        self._thread = threading.Thread(target=self._serve, name="swipegan server", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join(timeout=30)


class SwipeServer(AppServer):
    """The swipe app on a port."""

    def __init__(self, workspace: Workspace, options: SwipeOptions, seed: int | None = None) -> None:
        self.options, self._cache, self._seed = options, workspace.cache, seed
        super().__init__(workspace, options)

    def make_app(self, keeper: Doorkeeper) -> Flask:
        """The swipe app on the workspace's database."""
        app = create_app(self.sessions, self._cache, self.options, keeper, self._seed)
        self.parts: Parts = app.extensions["parts"]
        return app

    def start_parts(self) -> None:
        """Start the keeper of the queue."""
        self.parts.keeper.start()

    def close_parts(self) -> None:
        """End the keeper and what makes pictures ahead."""
        self.parts.keeper.stop()
        self.parts.renditions.close()
        self.parts.quick.kw["bind"].dispose()


def _not_yet(_environ: object, start: Callable[..., object]) -> list[bytes]:
    start("503 Service Unavailable", [])
    return []


def join_url(url: str, token: str) -> str:
    """The link that a phone opens: the token stands behind the #, so it is in no log and no Referer."""
    return f"{url}/join#{token}"


def qr_code(text: str) -> str:
    """A QR code for the terminal, drawn in half blocks."""
    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out=out, compact=True, border=2)
    return out.getvalue()


def lan_address() -> str:
    """This machine's address on its network, or loopback where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 9))  # asks the routing table; nothing is sent
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _own_addresses() -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    except OSError:
        return []
