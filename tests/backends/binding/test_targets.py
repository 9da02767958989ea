"""``pstui NAME`` and saved profiles."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from pstui.backends.binding.connections import parse_target
from pstui.backends.binding.profile_connections import profile_connection
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import CallError

from tests.support.sessions import context

PROFILES: dict[str, dict[str, dict[str, Any]]] = {
    "hosts": {"web1": {"computer_name": "web1.contoso.com"}, "api": {"host_name": "api"}, "Build": {"host_name": "b"}},
    "vms": {"win11": {"vm_name": "win11"}, "api": {"vm_name": "api"}},
    "containers": {"worker": {"container_id": "worker"}},
}


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("web1", "host", "web1"),
        ("WEB1", "host", "web1"),
        ("win11", "vm", "win11"),
        ("worker", "container", "worker"),
        ("host:api", "host", "api"),
        ("vm:api", "vm", "api"),
        ("container:worker", "container", "worker"),
        ("build", "host", "Build"),
    ],
)
def test_a_saved_name_is_its_profile(text: str, kind: str, name: str) -> None:
    target = parse_target(text, PROFILES, context=context())
    assert (target.kind, target.name, target.connection) == (kind, name, None)


def test_a_name_that_stands_twice_needs_its_kind() -> None:
    with pytest.raises(CallError) as refused:
        parse_target("api", PROFILES, context=context())
    assert "host:api, vm:api" in refused.value.hint


def test_a_prefix_without_its_profile_names_close_ones() -> None:
    with pytest.raises(CallError) as refused:
        parse_target("vm:win1", PROFILES, context=context())
    assert "win11" in refused.value.hint


def test_any_other_name_is_a_computer_and_close_ones_are_told() -> None:
    target = parse_target("web2", PROFILES, context=context())
    assert target.connection is not None
    assert target.connection.parameter_set is ParameterSet.COMPUTER_NAME
    assert target.close == ("web1",)
    assert target.origin.endswith("Profiles close to it: web1.")
    assert parse_target("mailserver", PROFILES, context=context()).close == ()


def known(name: str) -> tuple[ConnectionInfo, str] | None:
    found = {"gate": "gate", "web1": "other"}.get(name)
    return None if found is None else (ConnectionInfo(ParameterSet.SSH_HOST, {"HostName": found}), "ssh_config")


@pytest.mark.parametrize(
    ("text", "parameter_set", "said"),
    [
        ("gate", ParameterSet.SSH_HOST, "gate is the host gate of ssh_config, over SSH."),
        ("web1", None, "web1 is the profile web1."),
        ("WEB1", None, "WEB1 is the profile web1."),
        ("mail", ParameterSet.COMPUTER_NAME, "taken for a computer name, over WinRM."),
        ("me@gate", ParameterSet.SSH_HOST, ""),
    ],
)
def test_a_plain_name_is_a_profile_then_a_known_host_then_a_computer(
    text: str, parameter_set: ParameterSet | None, said: str
) -> None:
    target = parse_target(text, PROFILES, hosts=known, context=context())
    assert (target.connection.parameter_set if target.connection else None) is parameter_set
    assert target.origin.endswith(said) and bool(target.origin) is bool(said)


def test_user_at_host_is_ssh() -> None:
    target = parse_target("root@DB:22", PROFILES, context=context())
    assert target.connection is not None
    assert dict(target.connection.values) == {"HostName": "db", "UserName": "root", "Port": 22}


@pytest.mark.parametrize("text", ["", "a b", "-x", "a@b@c", "http://x", "server:5985"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(CallError):
        parse_target(text, PROFILES, context=context())


def credentials(name: str) -> PSCredential:
    if name != "admin":
        raise CallError(f"There is no credential {name!r}")
    return PSCredential("CONTOSO\\admin", Secret("x"))


@pytest.mark.parametrize(
    ("table", "parameter_set", "values"),
    [
        (
            {"computer_name": "web1", "use_ssl": True, "credential": "admin", "group": "g", "tags": ["t"]},
            ParameterSet.COMPUTER_NAME,
            {"ComputerName": "web1", "UseSSL": True, "Credential": PSCredential("CONTOSO\\admin", Secret("x"))},
        ),
        (
            {"host_name": "root@DB:22", "key_file_path": "~/.ssh/k", "options": {"ProxyJump": "b"}},
            ParameterSet.SSH_HOST,
            {
                "HostName": "db",
                "UserName": "root",
                "Port": 22,
                "KeyFilePath": "/home/me/.ssh/k",
                "Options": {"ProxyJump": "b"},
            },
        ),
        (
            {"connection_uri": "https://s/wsman", "session_option": {"open_timeout": 1}},
            ParameterSet.URI,
            {"ConnectionUri": "https://s/wsman", "SessionOption": {"IdleTimeout": 7200000, "OpenTimeout": 1}},
        ),
        ({"vm_name": "v"}, ParameterSet.VM_NAME, {"VMName": "v"}),
        ({"vm_id": str(uuid.UUID(int=3))}, ParameterSet.VM_ID, {"VMId": uuid.UUID(int=3)}),
        (
            {"container_id": "c", "run_as_administrator": True},
            ParameterSet.CONTAINER_ID,
            {"ContainerId": "c", "RunAsAdministrator": True},
        ),
        ({"command": ["pwsh", "-s"]}, ParameterSet.PROCESS, {"Command": ("pwsh", "-s")}),
        ({"process_id": 3}, ParameterSet.HOST_PROCESS, {"ProcessId": 3}),
        ({"demo": True}, ParameterSet.DEMO, {}),
        (
            {"host_name": "h", "configuration_name": "jea"},
            ParameterSet.SSH_HOST,
            {"HostName": "h", "Subsystem": "jea"},
        ),
    ],
)
def test_a_profile_becomes_a_connection(
    table: dict[str, Any], parameter_set: ParameterSet, values: dict[str, Any]
) -> None:
    defaults = {"session_option": {"idle_timeout": 7200000}} if parameter_set is ParameterSet.URI else {}
    info = profile_connection("host", "one", table, credentials, defaults, context=context())
    assert (info.parameter_set, dict(info.values), info.profile) == (parameter_set, values, "one")


def test_a_profile_goes_before_the_defaults() -> None:
    table = {"computer_name": "c", "configuration_name": "mine", "width": 90}
    defaults = {"configuration_name": "theirs", "application_name": "app", "width": 70, "load_profile": True}
    info = profile_connection("host", "one", table, credentials, defaults, context=context())
    assert dict(info.values) == {"ComputerName": "c", "ConfigurationName": "mine", "ApplicationName": "app"}
    assert dict(info.settings) == {"width": 90, "load_profile": True}


def test_the_name_of_a_credential_is_kept_beside_it() -> None:
    table = {"computer_name": "c", "credential": "admin"}
    info = profile_connection("host", "one", table, credentials, context=context())
    assert info.settings["credential"] == "admin"
    assert "x" not in repr(info.values["Credential"]).replace("Secret(…)", "")


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"use_ssl": True},
        {"computer_name": "a", "host_name": "b"},
        {"computer_name": "a b"},
        {"host_name": "-x"},
        {"host_name": "-x@h"},
        {"host_name": "h", "subsystem": "-x"},
        {"host_name": "h", "port": 0},
        {"computer_name": "a", "credential": "nobody"},
        {"computer_name": "a", "credential": "admin", "certificate_thumbprint": "x"},
        {"computer_name": "a", "session_option": {"idle_timeout": 5}},
        {"computer_name": "a", "session_option": 5},
        {"connection_uri": "ftp://x"},
        {"vm_id": "zz"},
    ],
)
def test_a_profile_that_cannot_be_opened_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(CallError) as refused:
        profile_connection("host", "one", table, credentials, context=context())
    assert refused.value.what


def test_a_key_file_that_is_not_there_is_refused() -> None:
    table = {"host_name": "h", "key_file_path": "~/k"}
    with pytest.raises(CallError) as refused:
        profile_connection("host", "one", table, context=context(exists=lambda path: False))
    assert refused.value.error_id.startswith("PathNotFound") and "one" in refused.value.what
