"""Host strings of -HostName: every row of the measured table."""

from __future__ import annotations

import pytest
from pstui.backends.addresses import SshHost, computer_name, parse_ssh_host


@pytest.mark.parametrize(
    ("text", "host", "user", "port"),
    [
        ("server", "server", "", None),
        ("user@server:2222", "server", "user", 2222),
        ("ME@h", "h", "ME", None),
        ("HOST.Example.COM", "host.example.com", "", None),
        ("h:", "h", "", None),
        ("@h", "h", "", None),
        ("h/", "h", "", None),
        ("h/path?q#f", "h", "", None),
        ("h?x", "h", "", None),
        ("h#x", "h", "", None),
        ("h:00022", "h", "", 22),
        ("h:0", "h", "", 0),
        ("1.2.3.4:99", "1.2.3.4", "", 99),
        ("1.2.3", "1.2.3", "", None),
        ("[::1]", "[::1]", "", None),
        ("me@[::1]:23", "[::1]", "me", 23),
        ("[fe80::1%eth0]", "[fe80::1]", "", None),
        ("[fe80::1%25eth0]", "[fe80::1]", "", None),
        ("[FE80::1]:2200", "[fe80::1]", "", 2200),
        ("my_host", "my_host", "", None),
        ("ü.example", "ü.example", "", None),
        ("h.", "h.", "", None),
        ("-me@h", "h", "-me", None),
        ("me:pw@h", "h", "me:pw", None),
        ("us er@h", "h", "us%20er", None),
        ("us%40er@h", "h", "us%40er", None),
        ("ssh://me@server:22", "ssh", "", None),
        (".", "localhost", "", None),
    ],
)
def test_a_host_string_is_split(text: str, host: str, user: str, port: int | None) -> None:
    assert parse_ssh_host(text) == SshHost(host, user, port)


@pytest.mark.parametrize(
    "text",
    [
        "h:70000",
        "h:22:33",
        "user@",
        "user@.",
        "::1",
        "a b",
        "a,b",
        "*",
        " h ",
        "-h",
        "me@-h",
        "-oProxyCommand=x",
        "DOM\\me@h",
        "a@b@h",
        "",
        "[::1",
        "[nope]",
        "h:x",
        "h:٣",
        "a;b",
        "256.1.1.1",
        "h\n",
        "h\0",
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_ssh_host(text)


@pytest.mark.parametrize(
    ("text", "result"), [(".", "localhost"), ("Server01", "Server01"), ("::1", "[::1]"), ("[::1]", "[::1]")]
)
def test_computer_names_keep_their_case(text: str, result: str) -> None:
    assert computer_name(text) == result


@pytest.mark.parametrize("text", ["a b", "http://foo", "user@host", "host:5985", "", "a/b"])
def test_what_cannot_be_the_host_of_an_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        computer_name(text)
