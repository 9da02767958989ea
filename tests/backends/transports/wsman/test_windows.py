"""What WinRM connections take from Windows, as far as it can be shown elsewhere: its calls are stood in for."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import OpenError
from pstui.backends.transports.wsman import credentials as wsman_credentials
from pstui.backends.transports.wsman import security as wsman_certificates
from pstui.backends.transports.wsman import security as wsman_safety
from pstui.backends.transports.wsman import target as wsman_options
from pstui.backends.transports.wsman.security import plan_authentication, trusted_hosts
from pstui.backends.transports.wsman.target import read_options, target_of

WINDOWS: Any = SimpleNamespace(name="nt", environ={}, path=os.path)


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules take this for Windows, the rest of Python does not."""
    for module in (wsman_certificates, wsman_credentials, wsman_options, wsman_safety):
        monkeypatch.setattr(module, "os", WINDOWS)
    kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda: 0x0407, GetUserDefaultLCID=lambda: 0x0C07)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)


def registry(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """Stand in for winreg; the service's key has this value, or is not there."""

    class Key:
        def __init__(self, root: object, path: str) -> None:
            if value is None or path != r"SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Client":
                raise FileNotFoundError(path)

        def __enter__(self) -> Key:
            return self

        def __exit__(self, *error: object) -> None:
            pass

    def query(key: Key, name: str) -> tuple[str | None, int]:
        assert name == "trusted_hosts"
        return value, 1

    fake = SimpleNamespace(OpenKey=Key, QueryValueEx=query, HKEY_LOCAL_MACHINE=object())
    monkeypatch.setitem(sys.modules, "winreg", fake)


def call(name: str, **settings: Any) -> ConnectionInfo:
    return ConnectionInfo(ParameterSet.COMPUTER_NAME, {"ComputerName": name}, settings=settings)


def scheme(info: ConnectionInfo) -> str:
    target = target_of(info)
    return plan_authentication(info, target, read_options(info, target.is_loopback), trusted_hosts(info)).scheme


def test_the_machines_own_trusted_hosts_count(monkeypatch: pytest.MonkeyPatch) -> None:
    registry(monkeypatch, "web*,10.0.0.*")
    assert trusted_hosts(call("web1", trusted_hosts=["db"])) == ("db", "web*", "10.0.0.*")
    assert scheme(call("web1")) == "negotiate"
    assert scheme(call("10.0.0.7")) == "ntlm"
    assert scheme(call("mail")) == "kerberos"


@pytest.mark.parametrize("value", ["", None])
def test_without_a_list_nobody_is_trusted(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    registry(monkeypatch, value)
    assert scheme(call("web1")) == "kerberos"
    with pytest.raises(OpenError, match="only with HTTPS or as a trusted host"):
        scheme(call("10.0.0.7"))


def test_the_current_user_needs_no_ticket_and_kerberos_no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert wsman_credentials.has_ticket()
    assert wsman_safety.kerberos_missing() == ""


def test_the_cultures_are_those_of_the_users_settings() -> None:
    settings = read_options(call("s"), False)
    assert (settings.ui_culture, settings.culture) == ("de-DE", "de-AT")


def test_a_key_in_the_store_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(OpenError) as told:
        wsman_certificates.find_certificate("0" * 40, [str(tmp_path)])
    assert "keys inside it cannot be used" in told.value.hint
