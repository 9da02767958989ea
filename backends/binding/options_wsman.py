"""The options of pstui's own for WinRM: what a client on Windows keeps in its WSMan: drive, and limits of patience."""

from __future__ import annotations

from types import MappingProxyType

from pstui.backends.binding.options_model import Option, OptionKind, OptionUse
from pstui.backends.connection import ParameterSet

_SETS = MappingProxyType(dict.fromkeys((ParameterSet.COMPUTER_NAME, ParameterSet.URI), OptionUse()))

WSMAN_OPTIONS: tuple[Option, ...] = (
    Option(
        "TrustedHosts",
        "trusted_hosts",
        OptionKind.LIST,
        "Computers that may be entered over http without Kerberos: names with wildcards, or <local>.",
        "Nothing proves who answers there: whoever takes over the name or address gets an attempt at your password.",
        _SETS,
        default_text="none; on Windows the machine's",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "AllowUnencrypted",
        "allow_unencrypted",
        OptionKind.SWITCH,
        "Allows Basic and Digest, and sessions without encryption, over http.",
        "Everyone on the way can read the session, and with Basic your password, too.",
        _SETS,
        default_text="off",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "Realms",
        "realms",
        OptionKind.TABLE,
        "The Kerberos realm of each domain's short name, such as CONTOSO=CONTOSO.EXAMPLE.",
        sets=_SETS,
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "CertificateFiles",
        "certificate_files",
        OptionKind.LIST,
        "The PEM files, or folders of them, among which CertificateThumbprint is looked for.",
        sets=_SETS,
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "MaxEnvelopeSizeKB",
        "max_envelope_size_kb",
        OptionKind.INTEGER,
        "The largest message to send, for a computer that takes smaller ones than usual.",
        sets=_SETS,
        minimum=32,
        maximum=1039440,
        default_text="500, 150 for old ones",
        unit="KiB",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "MaxRetryTime",
        "max_retry_time",
        OptionKind.INTEGER,
        "How long a lost connection is tried again until the session counts as disconnected.",
        sets=_SETS,
        minimum=0,
        maximum=2147483647,
        default_text="4 minutes",
        unit="ms",
        own=True,
        wsman=True,
        setting=True,
    ),
    Option(
        "ReceiveTimeout",
        "receive_timeout",
        OptionKind.INTEGER,
        "How long the computer keeps a request for output that it has none for.",
        "A firewall or proxy that cuts silent connections needs a time below its own.",
        _SETS,
        minimum=1000,
        maximum=2147483647,
        default_text="20 seconds",
        unit="ms",
        own=True,
        wsman=True,
        setting=True,
    ),
)
