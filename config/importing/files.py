"""Which program a file comes from, and its hosts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from pstui.config.importing import exports
from pstui.config.importing.model import MAX_FILE, MAX_HOSTS, Imported, ImportedHost, SSHReader, is_host, tidy
from pstui.config.problems import ConfigError

_FILES = "Name an ssh_config file, an mRemoteNG export or an RDCMan file."


def read_hosts(file: Path, read_ssh: SSHReader) -> Imported:
    """Read the hosts of ssh_config, of an mRemoteNG export or of an RDCMan file; its content tells which.

    ``read_ssh`` reads an ssh_config file as connecting does. Passwords in such files, encrypted or not, are not even
    looked at. Raises ConfigError.
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
        text = raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not a text file", _FILES) from None
    if exports.is_mremoteng_table(text):
        return _bounded("mRemoteNG", exports.read_mremoteng_table(text), file)
    found = read_ssh(file)
    notes = tuple(tidy(f"ssh refuses this file: {problem}") for problem in found.problems[:3])
    if not found.names:
        hint = " ".join(["Host lines with wildcards are patterns, not hosts.", *notes])
        raise ConfigError(f"{file} names no hosts", hint)
    hosts = (
        _of_ssh(name, found.leads.get(name, name), "" if found.is_own else str(file.absolute())) for name in found.names
    )
    return Imported("ssh_config", tuple(hosts), notes)


def _of_ssh(name: str, leads: str, file: str) -> ImportedHost:
    """Return a host of ssh_config: its name is enough where ssh reads the file by itself, else the file goes along."""
    if not file:
        return ImportedHost(name, "", "hosts", {"host_name": name})
    leads = tidy(leads)
    if not is_host(leads) or "%" in leads.partition("%")[0]:
        return ImportedHost(name, skipped=f"its HostName {leads} cannot be used")
    note = f"leads to {leads}" if leads.casefold() != name.casefold() else ""
    return ImportedHost(name, "", "hosts", {"host_name": name, "ssh_config": file}, note=note)


def _from_xml(file: Path, raw: bytes) -> Imported:
    try:
        root = exports.parse(raw)
    except ConfigError as error:
        raise _in(file, error) from error
    if exports.is_mremoteng(root):
        return _bounded("mRemoteNG", exports.read_mremoteng(root), file)
    if exports.is_rdcman(root):
        return _bounded("RDCMan", exports.read_rdcman(root), file)
    raise ConfigError(f"{file.name}: it comes from neither mRemoteNG nor RDCMan", _FILES)


def _bounded(program: str, found: Iterator[ImportedHost], file: Path) -> Imported:
    try:
        hosts = tuple(itertools.islice(found, MAX_HOSTS + 1))
    except ConfigError as error:
        raise _in(file, error) from error
    if not hosts:
        raise ConfigError(f"{file.name}: it holds no hosts", "Export the connections, not the settings, and try again.")
    notes = (f"Only the first {MAX_HOSTS} hosts are taken.",) if len(hosts) > MAX_HOSTS else ()
    return Imported(program, hosts[:MAX_HOSTS], notes)


def _in(file: Path, error: ConfigError) -> ConfigError:
    return ConfigError(f"{file.name}: {error.args[0]}", error.hint)


def _looks_like_xml(raw: bytes) -> bool:
    return raw[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
