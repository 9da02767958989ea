"""A password in an address or among the options is refused before anything shows it or writes it down."""

from __future__ import annotations

import pytest
from pstui.backends.binding.connections import connection_info
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.errors import CallError

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "line",
    [
        f"etsn -ConnectionUri http://ann:{SECRET}@web1/wsman",
        f"etsn -ConnectionUri 'ftp://ann:{SECRET}@web1'",
        f"etsn -ConnectionUri 'https://:{SECRET}@web1:5986'",
        f"etsn -HostName db -Options @{{Password='{SECRET}'}}",
        f"etsn -HostName db -Options @{{PASSPHRASE='{SECRET}'}}",
        f"icm -ConnectionUri http://ann:{SECRET}@web1/wsman, http://web2 -ScriptBlock {{ 1 }}",
        f"icm -SSHConnection @{{HostName='db'; Options=@{{Password='{SECRET}'}}}} -ScriptBlock {{ 1 }}",
        f"New-PSSession -ConnectionUri http://ann:{SECRET}@web1/wsman",
        f"Get-PSSession -ConnectionUri http://ann:{SECRET}@web1/wsman",
    ],
)
def test_a_typed_line(line: str) -> None:
    with pytest.raises(CallError) as refused:
        connection_info(bind_line(line))
    assert SECRET not in refused.value.text() and SECRET not in repr(refused.value)


@pytest.mark.parametrize(
    "table",
    [
        {"connection_uri": f"http://ann:{SECRET}@web1/wsman"},
        {"host_name": "db", "options": {"Password": SECRET}},
    ],
)
def test_a_profile(table: dict[str, object]) -> None:
    with pytest.raises(CallError) as refused:
        profile_connection("host", "web", table)
    assert SECRET not in refused.value.text()


def test_what_only_looks_like_one_is_taken() -> None:
    info = connection_info(bind_line("etsn -HostName db -Options @{PasswordAuthentication='no'}"))
    assert info.values["Options"] == {"PasswordAuthentication": "no"}
