"""A certificate of one's own for content credentials: a root, and one below it that signs."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import MissingExtra, UserError
from curate.files import write_atomically
from curate.workspace import Workspace
from infer.config_credentials import MakeCredentialsOptions
from infer.credentials import CERTIFICATE, FOLDER, KEY

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ROOT = "root.pem"
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"  # C2PA asks of a certificate that signs that it names a purpose such as this one


class HasCredentials(UserError):
    """There is a certificate already."""


@dataclass(frozen=True)
class MakeSummary:
    """A certificate that was made."""

    folder: Path
    name: str
    until: dt.date

    def text(self) -> str:
        """For people."""
        return (
            f"{self.folder} can sign as {self.name} until {self.until}: every picture and clip from now on is signed.\n"
            f"Keep {KEY} to yourself: who has it can sign as you. Give {ROOT} to those who are to trust you; other\n"
            "programs do not know this certificate and will call it untrusted."
        )


def run(workspace: Workspace, options: MakeCredentialsOptions) -> MakeSummary:
    """Make a certificate in the workspace; HasCredentials where there is one."""
    folder = workspace.root / FOLDER
    if (folder / KEY).exists():
        raise HasCredentials(f"{folder} holds a key already; move that folder away to make another one")
    certificate, key, root, until = chain(options.name, dt.timedelta(days=365 * options.years))
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / CERTIFICATE, certificate)
    write_atomically(folder / ROOT, root)
    with os.fdopen(os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    return MakeSummary(folder, options.name, until)


def chain(name: str, lasts: dt.timedelta) -> tuple[bytes, bytes, bytes, dt.date]:
    """A certificate with its root (PEM), its key (PEM, PKCS #8), the root alone, and the last day.

    C2PA does not take certificates that sign themselves, so there are two; nobody keeps the root's key.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    except ModuleNotFoundError as error:
        raise MissingExtra("c2pa", "c2pa-python") from error
    above, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    until = dt.datetime.now(dt.UTC) + lasts
    root = _certificate(f"{name}, root", f"{name}, root", above, above, until)
    leaf = _certificate(name, f"{name}, root", own, above, until)
    pem = [one.public_bytes(Encoding.PEM) for one in (leaf, root)]
    key = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem[0] + pem[1], key, pem[1], until.date()


def _certificate(
    name: str, issuer: str, key: EllipticCurvePrivateKey, by: EllipticCurvePrivateKey, until: dt.datetime
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    is_root = key is by
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))  # clocks differ
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=0 if is_root else None), critical=True)
        .add_extension(_usage(is_root), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not is_root:
        purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(EMAIL_PROTECTION)])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _usage(is_root: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
