"""https with one's own certificate, and what a secure origin gives a phone."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from urllib.request import HTTPSHandler, build_opener

import pytest
from playwright.sync_api import sync_playwright
from swipe_helpers import chromium, make_workspace, serving

from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer
from swipeweb.tls import BadCertificate, adapter


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate that signs itself, for this machine under two names, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=phone.test", "-addext", "subjectAltName=DNS:phone.test,IP:127.0.0.1"]
    command += ["-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture(scope="module")
def server(certificate, tmp_path_factory):
    workspace = make_workspace(tmp_path_factory.mktemp("work"), 30)
    with serving(workspace, certificate=certificate[0], key=certificate[1]) as running:
        running.app.extensions["doorkeeper"].hosts.add(f"phone.test:{running.port}")
        yield running


def status(server: SwipeServer, certificate: Path) -> int:
    opener = build_opener(HTTPSHandler(context=ssl.create_default_context(cafile=str(certificate))))
    with opener.open(f"{server.url}/join", timeout=20) as answer:
        return int(answer.status)


def test_links_and_cookies_are_for_https(server, certificate):
    assert server.link("Ann").startswith(f"https://127.0.0.1:{server.port}/join#")
    assert server.app.extensions["doorkeeper"].secure
    assert status(server, certificate[0]) == 200


def test_who_connects_and_says_nothing_keeps_nobody_out(server, certificate):
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(4)]
    began = time.monotonic()
    assert status(server, certificate[0]) == 200
    assert time.monotonic() - began < 5  # a handshake is given 10 seconds
    for one in silent:
        one.close()


def test_plain_http_and_nonsense_end_that_connection_alone(server, certificate, capsys):
    for said in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 200):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
            line.sendall(said)
            assert b"200" not in line.recv(1000)
    assert status(server, certificate[0]) == 200
    assert "Traceback" not in capsys.readouterr().err


def test_a_certificate_that_is_none_is_an_error_for_people(tmp_path, certificate):
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(BadCertificate, match="PEM"):
        adapter(tmp_path / "empty.pem", certificate[1])
    with pytest.raises(BadCertificate, match="No such file"):
        adapter(tmp_path / "nowhere.pem", certificate[1])
    with pytest.raises(ValueError, match="belong together"):
        SwipeOptions(certificate=certificate[0])


@pytest.mark.browser
def test_a_phone_that_trusts_the_certificate_may_install_the_page_and_open_it_offline(server, certificate, tmp_path):
    public = subprocess.run(
        ["openssl", "x509", "-in", str(certificate[0]), "-pubkey", "-noout"], check=True, capture_output=True
    ).stdout
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], input=public, check=True, capture_output=True
    )
    pin = base64.b64encode(hashlib.sha256(der.stdout).digest()).decode()
    arguments = [
        "--no-sandbox",
        "--host-resolver-rules=MAP phone.test 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={pin}",
    ]
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(tmp_path, executable_path=chromium(), args=arguments)
        page = context.new_page()
        page.goto(server.link("Ann").replace("127.0.0.1", "phone.test"))
        page.click("#start")
        page.wait_for_selector("#stage .card[data-depth='1']")
        assert page.evaluate("isSecureContext")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.reload()
        page.wait_for_selector("#stage .card[data-depth='1']")
        line = context.new_cdp_session(page)
        assert line.send("Page.getAppManifest")["errors"] == []
        assert line.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
        context.set_offline(True)
        page.reload()
        page.wait_for_selector("#notice[data-state=offline]")
        context.close()
