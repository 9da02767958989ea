"""Which program a file comes from, and its hosts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from pstui.config.importing import mremoteng, rdcman, ssh_config
from pstui.config.importing.model import MAX_FILE, MAX_HOSTS, Imported, ImportedHost
from pstui.config.importing.xml_tree import parse
from pstui.config.problems import ConfigError

_FILES = "Name an ssh_config file, an mRemoteNG export or an RDCMan file."


def read_hosts(file: Path) -> Imported:
    """Read the hosts of ssh_config, of an mRemoteNG export or of an RDCMan file; what it is, its content tells.

    Passwords in such files, encrypted or not, are not even looked at. Raises ConfigError.
    """
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise ConfigError(f"{file} is not a file", "A device or a pipe is not read.")
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
        raise ConfigError(f"{file} is not text", _FILES) from None
    if mremoteng.is_table(text):
        return _bounded("mRemoteNG", mremoteng.read_table(text), file)
    hosts, notes = ssh_config.read(file, text)
    if not hosts:
        hint = " ".join(["Host lines with wildcards are patterns, not hosts.", *notes])
        raise ConfigError(f"{file} names no hosts", hint)
    return Imported("ssh_config", tuple(hosts), tuple(notes[:3]))


def _from_xml(file: Path, raw: bytes) -> Imported:
    try:
        root = parse(raw)
    except ConfigError as error:
        raise _in(file, error) from error
    if mremoteng.is_export(root):
        return _bounded("mRemoteNG", mremoteng.read(root), file)
    if rdcman.is_export(root):
        return _bounded("RDCMan", rdcman.read(root), file)
    raise ConfigError(f"{file.name}: it is neither of mRemoteNG nor of RDCMan", _FILES)


def _bounded(program: str, found: Iterator[ImportedHost], file: Path) -> Imported:
    try:
        hosts = tuple(itertools.islice(found, MAX_HOSTS + 1))
    except ConfigError as error:
        raise _in(file, error) from error
    if not hosts:
        raise ConfigError(f"{file.name}: no host is in it", "Export the connections, not the settings, and try again.")
    notes = (f"Only the first {MAX_HOSTS} hosts are taken.",) if len(hosts) > MAX_HOSTS else ()
    return Imported(program, hosts[:MAX_HOSTS], notes)


def _in(file: Path, error: ConfigError) -> ConfigError:
    return ConfigError(f"{file.name}: {error.args[0]}", error.hint)


def _looks_like_xml(raw: bytes) -> bool:
    return raw[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
