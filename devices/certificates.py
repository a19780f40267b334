"""A certificate authority in a folder, and what it signs: for a broker and for its clients.

Elliptic keys (P-256), which small devices manage as well. Keys are for their owner alone to read.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devices import clock

CA, SERVER = "ca", "server"  # names of files
CA_DAYS = 3650  # for which the authority holds
DAYS = 825  # of a certificate, when nobody says; more some programs refuse
BEFORE = datetime.timedelta(hours=1)  # a device's clock may be behind


class Authority:
    """That of a folder, made with it."""

    def __init__(self, folder: Path) -> None:
        """Raises `OSError`, and `ValueError` where what is there is no authority."""
        self._folder = folder
        self.ca = folder / f"{CA}.pem"  # what others check by
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / f"{CA}.key").exists():
            self._make()
        self._certificate = x509.load_pem_x509_certificate(self.ca.read_bytes())
        key = serialization.load_pem_private_key((folder / f"{CA}.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{folder / CA}.key is none of ours")
        self._key = key

    def sign_server(self, names: Sequence[str], days: int = DAYS) -> Path:
        """For a broker that is reached by these names and addresses. Raises `FileExistsError`."""
        return self._sign(SERVER, names[0], ExtendedKeyUsageOID.SERVER_AUTH, names, days)

    def sign_client(self, name: str, days: int = DAYS) -> Path:
        """For a device or a program, which is called so. Raises `FileExistsError`."""
        return self._sign(name, name, ExtendedKeyUsageOID.CLIENT_AUTH, [], days)

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Pulseboard certificate authority")
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = (
            _begin(name, name, key.public_key(), CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        self._write(CA, key, made)

    def _sign(
        self,
        file: str,
        name: str,
        use: x509.ObjectIdentifier,
        names: Sequence[str],
        days: int,
    ) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        begun = (
            _begin(_name(name), self._certificate.subject, key.public_key(), days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(issuer, critical=False)
        )
        if names:
            where = x509.SubjectAlternativeName([_place(each) for each in names])
            begun = begun.add_extension(where, critical=False)
        return self._write(file, key, begun.sign(self._key, hashes.SHA256()))

    def _write(self, file: str, key: ec.EllipticCurvePrivateKey, made: x509.Certificate) -> Path:
        """The key first: a certificate without one would be of no use to anybody."""
        path = self._folder / f"{file}.pem"
        clear = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _new(self._folder / f"{file}.key", clear, 0o600)
        _new(path, made.public_bytes(serialization.Encoding.PEM), 0o644)
        return path


def _new(path: Path, content: bytes, mode: int) -> None:
    """Never in place of another: whoever has that one would be locked out."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def _begin(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _place(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
