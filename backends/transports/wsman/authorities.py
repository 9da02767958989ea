"""Which authorities may have signed a certificate: those the system trusts, or those of a file named instead."""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path

#: the variables that requests looks for, in its order
_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def variable() -> str:
    """Return the name of the variable whose file counts in place of what the system trusts; empty for none."""
    return next((name for name in _VARIABLES if os.environ.get(name)), "")


def checking_context() -> ssl.SSLContext:
    """Return a context that trusts whom a connection trusts. Raises OSError for a file that cannot be read."""
    if not (name := variable()):
        return ssl.create_default_context()
    place = Path(os.environ[name])
    if place.is_dir():
        return ssl.create_default_context(capath=place)
    return ssl.create_default_context(cafile=place)


@functools.cache
def has_authorities() -> bool:
    """Whether the system (or SSL_CERT_FILE, SSL_CERT_DIR) knows authorities: some builds of Python do not find them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    folder = Path(ssl.get_default_verify_paths().capath or os.devnull)
    # Those of a folder are loaded as they are needed, and not counted before.
    return bool(context.cert_store_stats()["x509_ca"]) or (folder.is_dir() and any(folder.iterdir()))
