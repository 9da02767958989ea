"""Which program a file comes from, and its hosts."""

from __future__ import annotations

from pathlib import Path

from ..problems import ConfigError
from . import mremoteng, rdcman, ssh_config
from .model import MAX_FILE, MAX_HOSTS, Imported
from .xml_tree import parse


def read_hosts(file: Path) -> Imported:
    """Read the hosts of ssh_config, of an mRemoteNG export or of an RDCMan file; what it is, its content tells.

    Passwords in such files, encrypted or not, are not even looked at. Raises ConfigError.
    """
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise ConfigError(f"{file} is no file", "A device or a pipe is not read.")
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read", f"{error.strerror or error}.") from error
    if len(raw) > MAX_FILE:
        raise ConfigError(f"{file} is larger than {MAX_FILE >> 20} MiB", "It was not read.")
    if _looks_like_xml(raw):
        return _from_xml(file, raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(
            f"{file} is no text", "Name an ssh_config file, an mRemoteNG export or an RDCMan file."
        ) from None
    hosts, notes = ssh_config.read(file, text)
    if not hosts:
        hint = " ".join(["Host lines with wildcards are patterns, not hosts.", *notes])
        raise ConfigError(f"{file} names no hosts", hint)
    return Imported("ssh_config", tuple(hosts), tuple(notes[:3]))


def _from_xml(file: Path, raw: bytes) -> Imported:
    try:
        root = parse(raw)
        if mremoteng.is_export(root):
            program, hosts = "mRemoteNG", tuple(mremoteng.read(root))
        elif rdcman.is_export(root):
            program, hosts = "RDCMan", tuple(rdcman.read(root))
        else:
            raise ConfigError("it is neither of mRemoteNG nor of RDCMan")
    except ConfigError as error:
        raise ConfigError(f"{file.name}: {error.args[0]}", error.hint) from error
    notes = (f"Only the first {MAX_HOSTS} hosts are taken.",) if len(hosts) > MAX_HOSTS else ()
    return Imported(program, hosts[:MAX_HOSTS], notes)


def _looks_like_xml(raw: bytes) -> bool:
    return raw[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
