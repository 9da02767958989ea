"""What a run of pstui begins with, for tests over the WinRM endpoint; a test file takes a fixture by importing it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pstui.backends.transports.wsman import client as wsman_client
from pstui.backends.transports.wsman import recovery as wsman_recovery


def without_realms(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Look for no Kerberos realm in the DNS, which can cost seconds."""
    file = folder / "krb5.conf"
    file.write_text("[libdefaults]\n  dns_lookup_kdc = false\n  dns_lookup_realm = false\n  rdns = false\n")
    monkeypatch.setenv("KRB5_CONFIG", str(file))


@pytest.fixture(autouse=True)
def a_new_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No realm is looked for."""
    without_realms(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts to reach a lost service follow each other fast."""
    monkeypatch.setattr(wsman_recovery, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(wsman_recovery, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(wsman_client, "LONGEST_LOSS_PAUSE", 0.1)
