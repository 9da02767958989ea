"""Secrets and names taken out of text, whatever the way in which they are written."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pstui.backends.redaction import REMOVED, Redactor, without_password

SECRET = "p&ä'55\"<w\\rd"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET, safe=""),
        SECRET.replace("&", "&amp;").replace("<", "&lt;"),
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        repr(SECRET)[1:-1],
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    assert Redactor([SECRET]).secrets_out(f"before {written} after") == f"before {REMOVED} after"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert Redactor(["pass", "password"]).secrets_out("password pass") == f"{REMOVED} {REMOVED}"


@given(st.text("pqrs@:/w%?#", max_size=20))
@settings(deadline=None, max_examples=60)
def test_no_password_of_an_address_is_left(odd: str) -> None:
    text = without_password(f"to http://ann:SECRET{odd}@web1/wsman now")
    assert "SECRET" not in text and text.startswith("to http://ann") and text.endswith("web1/wsman now")


def test_addresses_without_a_password_stay() -> None:
    for text in ("https://web1:5986/wsman", "ann@web1:22", "http://web1/a:b@c", "ssh://ann@web1"):
        assert without_password(text) == text


def test_names_become_stand_ins_that_can_be_told_apart() -> None:
    redactor = Redactor(names=[("web1", "host"), ("ann", "user")])
    text = "WEB1, web1, web10, ann, annual; 10.1.2.3 and fe80::1%eth0; db.contoso.com; CONTOSO\\bob, bob@db"
    assert redactor.all_out(text) == (
        "<host 1>, <host 1>, web10, <user 1>, annual; <address 1> and <address 2>; <name 1>; <user 2>, <user 3>"
    )


def test_what_is_no_name_stays() -> None:
    text = "PowerShell 7.6.9 (System.Management.Automation.RemoteException) at 12:30:45; Microsoft.PowerShell"
    assert Redactor().all_out(text) == text


def test_a_redactor_that_knows_no_secret_leaves_no_password_of_an_address() -> None:
    assert Redactor().secrets_out("at http://ann:pw@web1/wsman") == "at http://ann@web1/wsman"
