"""https with one's own certificate."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from cheroot.ssl.builtin import BuiltinSSLAdapter

from curate.errors import UserError


class BadCertificate(UserError):
    """The certificate or its key cannot be used."""


class Adapter(BuiltinSSLAdapter):
    """Shakes hands in the thread that serves a connection: who connects and says nothing keeps nobody else out."""

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        """The socket, encrypted from its first byte on, and what a request is told of that."""
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"HTTPS": "on", "wsgi.url_scheme": "https"}


def adapter(certificate: Path, key: Path) -> Adapter:
    """An adapter for cheroot's server; raises BadCertificate."""
    try:
        return Adapter(str(certificate), str(key))
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise BadCertificate(
            f"{certificate} and {key} cannot be used ({why}); they are to be PEM files that belong together"
        ) from error
