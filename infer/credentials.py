"""Content credentials (C2PA): a signed manifest in a picture or clip that says that a machine made it, and how.

Nothing is asked of any service: no time stamp, no revocation, no trust list. A folder holds certificate and key.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from curate.errors import MissingExtra, UserError

if TYPE_CHECKING:
    from infer.recipe import Recipe

CERTIFICATE, KEY = "certificate.pem", "key.pem"
FOLDER = "credentials"  # of a workspace
FORMATS = {
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
}
RECIPE = "org.swipegan.recipe"
# A manifest holds no small copy of the picture, and nothing is fetched.
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"ocsp_fetch": False, "remote_manifest_fetch": False},
}
CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}

_folder: list[Path] = []


class BadCredentials(UserError):
    """A certificate or key that cannot sign, or a file whose manifest cannot be read."""


@dataclass(frozen=True)
class Manifest:
    """What a file's manifest says.

    state: `valid` (not changed since), `trusted` (and the certificate leads to one that was named) or `invalid`.
    """

    state: str
    signed_by: str
    source: str
    recipe: dict[str, Any] | None
    reasons: list[str]


def sign_by(folder: Path | None) -> None:
    """Sign every picture and clip from now on by the certificate and key in `folder`; None: sign none."""
    _folder[:] = [] if folder is None else [folder]


def check_signing() -> None:
    """Sign something small if pictures are to be signed, so that what is wrong shows before hours of work."""
    if _folder:
        import numpy as np

        from curate.pixels import encode_png
        from infer.recipe import Recipe

        seal_bytes(encode_png(np.zeros((8, 8), np.uint8)), ".png", Recipe({}))


def seal(file: IO[bytes], suffix: str, recipe: Recipe) -> None:
    """Put a signed manifest into the whole file that `file` holds, in place; nothing without `sign_by`."""
    if not _folder or suffix.lower() not in FORMATS:
        return
    file.flush()
    file.seek(0)
    with tempfile.TemporaryFile(dir=Path(str(file.name)).parent) as signed:
        _sign(_folder[0], FORMATS[suffix.lower()], recipe, file, signed)
        signed.seek(0)
        file.seek(0)
        file.truncate()
        shutil.copyfileobj(signed, file, 1 << 20)


def seal_bytes(data: bytes, suffix: str, recipe: Recipe) -> bytes:
    """A picture with a signed manifest in it; as it is without `sign_by`."""
    if not _folder or suffix.lower() not in FORMATS:
        return data
    signed = io.BytesIO()
    _sign(_folder[0], FORMATS[suffix.lower()], recipe, io.BytesIO(data), signed)
    return signed.getvalue()


def _sign(folder: Path, kind: str, recipe: Recipe, source: IO[bytes], target: IO[bytes]) -> None:
    c2pa = _c2pa()
    certificate, key = _read(folder / CERTIFICATE), _read(folder / KEY)
    with _explained(c2pa, folder), c2pa.Context.from_dict(SETTINGS) as context:
        info = c2pa.C2paSignerInfo(algorithm(key).encode(), certificate, key, None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest(recipe), context=context) as builder:
            builder.sign(signer, kind, source, target)


def manifest(recipe: Recipe) -> dict[str, Any]:
    """What is signed: who made it (a network), with which program, and the recipe."""
    from infer.recipe import swipegan

    made = {"action": "c2pa.created", "digitalSourceType": recipe.source}
    return {
        "claim_generator_info": [{"name": "swipegan", "version": swipegan()}],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [made]}},
            {"label": RECIPE, "data": asdict(recipe), "kind": "Json"},
        ],
    }


def algorithm(key: bytes) -> str:
    """The signature that a private key (PEM, without a passphrase) can make, as C2PA names it."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise BadCredentials(f"{KEY} is no private key in PEM without a passphrase: {error}") from error
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.curve.name in CURVES:
        return CURVES[loaded.curve.name]
    if isinstance(loaded, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise BadCredentials(f"{KEY} is of a kind that C2PA does not know: take P-256, P-384, P-521, Ed25519 or RSA")


def read_manifest(path: Path, root: Path | None = None) -> Manifest | None:
    """The manifest of a file, checked against its bytes; None where there is none.

    root: certificates (PEM) that are trusted; without it nobody is.
    """
    c2pa = _c2pa()
    if path.suffix.lower() not in FORMATS:
        return None
    trust = {"trust": {"trust_anchors": _read(root).decode()}} if root else {}
    try:
        with c2pa.Context.from_dict(SETTINGS | trust) as context, path.open("rb") as file:
            said = json.loads(c2pa.Reader(FORMATS[path.suffix.lower()], file, context=context).json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    except c2pa.C2paError as error:
        raise BadCredentials(f"{path}: the manifest cannot be read: {error}") from error
    return _manifest(said)


def _manifest(said: dict[str, Any]) -> Manifest:
    one = said["manifests"][said["active_manifest"]]
    found: dict[str, Any] = {each["label"]: each["data"] for each in one["assertions"]}
    actions = [
        action for label, data in found.items() if label.startswith("c2pa.actions") for action in data["actions"]
    ]
    return Manifest(
        state=said["validation_state"].lower(),
        signed_by=one.get("signature_info", {}).get("common_name") or "somebody unnamed",
        source=next((action["digitalSourceType"] for action in actions if "digitalSourceType" in action), ""),
        recipe=found.get(RECIPE),
        reasons=[status["code"] for status in said.get("validation_status", [])],
    )


@contextmanager
def _explained(c2pa: Any, folder: Path) -> Iterator[None]:
    try:
        yield
    except c2pa.C2paError as error:
        raise BadCredentials(f"nothing can be signed by {folder / CERTIFICATE} and {KEY}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadCredentials(
            f"{path} cannot be read ({error.strerror}); `swipegan credentials make` makes a certificate of your own"
        ) from error


def _c2pa() -> Any:
    try:
        import c2pa
    except ModuleNotFoundError as error:
        if error.name not in ("c2pa", "cryptography"):
            raise
        raise MissingExtra("c2pa", "c2pa-python") from error
    return c2pa
