"""Edits of a profile file: any file, any edit, read back equal or refused."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

from pstui.config.problems import ConfigError
from pstui.config.store import ProfileStore

SEEDS = [
    b'[hosts.web1]\ncomputer_name = "a"  # why\n\n[hosts.web2]\nhost_name = "b"\n',
    b'hosts.web1.host_name = "a"\nhosts.web2.host_name = "b"\nsettings.theme = "dark"\n',
    b'hosts = {web1 = {host_name = "a"}, web2 = {host_name = "b"}}\n',
    b'[hosts]\nweb1 = {host_name = "a"}\n["hosts"."web 2"]\nhost_name = \'\'\'x\'\'\'\n[settings]\ntheme="x"\n',
    b'\xef\xbb\xbf[hosts.web1]\r\nhost_name = "a"\r\n# end',
]


def check(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profiles.toml"
        for edit in ("put", "rename", "delete"):
            file.write_bytes(data)
            _edited(file, edit, data)


def _edited(file: Path, edit: str, before: bytes) -> None:
    store = ProfileStore(file)
    try:
        if edit == "put":
            store.put("hosts", "web3", {"host_name": "c"})
        elif edit == "rename":
            store.rename("hosts", "web1", "other name")
        else:
            store.delete("hosts", "web1")
    except ConfigError:
        assert file.read_bytes() == before
        return
    old = tomllib.loads(before.decode().removeprefix("\ufeff"))
    new = tomllib.loads(file.read_text(encoding="utf-8").removeprefix("\ufeff"))
    hosts = dict(old.get("hosts", {}))
    if edit == "put":
        hosts["web3"] = {"host_name": "c"}
    else:
        table = hosts.pop("web1")
        if edit == "rename":
            hosts["other name"] = table
    assert (new.get("hosts") or {}) == hosts
    assert {key: value for key, value in new.items() if key != "hosts"} == {
        key: value for key, value in old.items() if key != "hosts"
    }
