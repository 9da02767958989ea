"""The one declaration of every option agrees with what was measured, and session options convert as measured."""

from __future__ import annotations

import json

import pytest
from pstui.backends.binding.codec import from_toml, session_options
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.parameters import OPTIONS, option, options_of
from pstui.backends.binding.session_options import SESSION_OPTIONS, culture, from_table, session_option, time_span
from pstui.backends.binding.shell import bind
from pstui.backends.binding.values import ENUMS, ConversionError
from pstui.backends.connection import ParameterSet
from pstui.backends.credentials import PSCredential
from pstui.backends.errors import CallError

from tests.support.paths import DATA
from tests.support.sessions import context

MEASURED = json.loads((DATA / "binder_enter_parameters.json").read_text(encoding="utf-8"))
MEASURED_OPTIONS = json.loads((DATA / "binder_session_options.json").read_text(encoding="utf-8"))
#: where the newer documentation goes beyond the measured cmdlet: (set, parameter) -> position
ADDED = {("ComputerName", "Credential"): 1, ("Uri", "Credential"): 2, ("SSHHost", "ConfigurationName"): None}
KINDS = {
    "String": (OptionKind.TEXT, OptionKind.PATH),
    "Int32": (OptionKind.INTEGER,),
    "SwitchParameter": (OptionKind.SWITCH,),
    "Guid": (OptionKind.GUID,),
    "Uri": (OptionKind.URI,),
    "PSCredential": (OptionKind.CREDENTIAL,),
    "Hashtable": (OptionKind.TABLE,),
    "AuthenticationMechanism": (OptionKind.CHOICE,),
    "PSSessionOption": (OptionKind.SESSION_OPTION,),
    "PSSession": (OptionKind.SESSION,),
}


def test_the_declaration_has_exactly_the_measured_parameters() -> None:
    expected = {(row["Set"], row["Name"]): (row["Mandatory"], row["Position"]) for row in MEASURED}
    expected |= {key: (False, position) for key, position in ADDED.items()}
    declared = {
        (parameter_set.value, item.name): (use.mandatory, use.position)
        for item in OPTIONS
        if not item.own
        for parameter_set, use in item.sets.items()
    }
    assert declared == expected


def test_kinds_aliases_and_limits_are_the_measured_ones() -> None:
    for row in MEASURED:
        declared = option(row["Name"])
        assert declared.kind in KINDS[row["Type"]], row["Name"]
        assert list(declared.aliases) == row["Aliases"], row["Name"]
        for rule in row["Validation"]:
            if rule.startswith("Range"):
                low, high = rule.removeprefix("Range ").split("..")
                assert (declared.minimum, declared.maximum) == (int(low), int(high))
    assert option("Authentication").choices == tuple(ENUMS["AuthenticationMechanism"])


def test_session_options_are_the_measured_ones() -> None:
    assert [(o.name, o.parameter, o.key, list(o.aliases)) for o in SESSION_OPTIONS] == [
        (
            row["Property"],
            row["Parameter"],
            row["ProfileKey"]["key" if "key" in row["ProfileKey"] else "Key"],
            row["Aliases"],
        )
        for row in MEASURED_OPTIONS
    ]
    for row in MEASURED_OPTIONS:
        values = row["ProfileKey"].get("Values")
        if values:
            assert list(session_option(row["Property"]).choices) == values


@pytest.mark.parametrize("declared", OPTIONS + SESSION_OPTIONS, ids=lambda item: item.name)
def test_every_option_can_be_shown(declared: Option) -> None:
    assert declared.help.endswith(".") and "\n" not in declared.help
    assert not declared.caution or declared.caution.endswith(".")
    assert declared.key == declared.key.lower()
    assert (declared.kind is OptionKind.CHOICE) == bool(declared.choices)


def test_options_are_found_by_name_and_key() -> None:
    assert option("hostname") is option("host_name") is option("HostName")
    assert session_option("opentimeout") is session_option("open_timeout")
    with pytest.raises(KeyError):
        option("nope")
    assert [item.name for item in options_of(ParameterSet.VM_NAME)][:2] == ["VMName", "Credential"]
    # Who writes profiles relies on these; a new one is no second entry here.
    assert {item.key for item in OPTIONS if item.own} >= {
        "command",
        "process_id",
        "demo",
        "width",
        "load_profile",
        "engine",
        "engine_context",
        "engine_url",
        "shell",
        "libvirt_uri",
        "guest_transport",
        "guest_port",
        "discover",
        "trusted_hosts",
        "allow_unencrypted",
        "realms",
        "certificate_files",
        "max_envelope_size_kb",
        "max_retry_time",
        "receive_timeout",
    }


@pytest.mark.parametrize(
    ("table", "result"),
    [
        ({}, {}),
        ({"opentimeout": "00:00:30"}, {"OpenTimeout": 30000}),
        ({"IdleTimeout": "-00:00:00.001"}, {"IdleTimeout": -1}),
        ({"IdleTimeout": "00:10:00"}, {"IdleTimeout": 600000}),
        ({"CancelTimeout": "5:00"}, {"CancelTimeout": 5 * 3600_000}),
        ({"OperationTimeout": "30"}, {"OperationTimeout": 2147483647}),
        ({"CancelTimeout": "-1.00:00:00"}, {"CancelTimeout": 2147483647}),
        ({"MaximumConnectionRedirectionCount": "0x10"}, {"MaximumConnectionRedirectionCount": 16}),
        ({"MaximumReceivedObjectSize": "1KB"}, {"MaximumReceivedObjectSize": 1024}),
        ({"MaximumReceivedObjectSize": 2.5}, {"MaximumReceivedObjectSize": 2}),
        ({"MaximumReceivedObjectSize": None}, {"MaximumReceivedObjectSize": None}),
        ({"MaxConnectionRetryCount": True}, {"MaxConnectionRetryCount": 1}),
        ({"MaxConnectionRetryCount": None}, {"MaxConnectionRetryCount": 0}),
        ({"NoCompression": "false"}, {"NoCompression": True}),
        ({"NoCompression": ""}, {"NoCompression": False}),
        ({"ProxyAccessType": "ie"}, {"ProxyAccessType": "IEConfig"}),
        ({"ProxyAccessType": 8}, {"ProxyAccessType": "NoProxyServer"}),
        ({"ProxyAuthentication": "Digest"}, {"ProxyAuthentication": "Digest"}),
        ({"OutputBufferingMode": "2"}, {"OutputBufferingMode": "Block"}),
        ({"Culture": 1031, "UICulture": "zz-ZZ"}, {"Culture": "de-DE", "UICulture": "zz-ZZ"}),
        ({"ApplicationArguments": {"a": 1}}, {"ApplicationArguments": {"a": 1}}),
        ({"ProxyCredential": PSCredential("p")}, {"ProxyCredential": PSCredential("p")}),
    ],
)
def test_a_hashtable_becomes_session_options(table: dict[str, object], result: dict[str, object]) -> None:
    assert from_table(table) == result


@pytest.mark.parametrize(
    "table",
    [
        {"MaximumRedirection": 1},
        {"OpenTimeoutMSec": 1},
        {"OpenTimeout": 30000},
        {"OpenTimeout": 1.5},
        {"OpenTimeout": "30s"},
        {"OpenTimeout": ""},
        {"OpenTimeout": None},
        {"OpenTimeout": "25:00:00"},
        {"MaximumReceivedObjectSize": 2147483648},
        {"MaximumReceivedObjectSize": "many"},
        {"ProxyAccessType": None},
        {"ProxyAccessType": ""},
        {"ProxyAccessType": 3},
        {"ProxyAccessType": "IEConfig, AutoDetect"},
        {"ProxyAuthentication": "Kerberos"},
        {"ProxyAuthentication": "nego"},
        {"ProxyAuthentication": "d"},
        {"ProxyCredential": "name"},
        {"Culture": "no culture"},
        {"ApplicationArguments": "text"},
    ],
)
def test_what_does_not_convert_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ConversionError):
        from_table(table)


def test_a_bare_number_of_a_time_is_refused_with_the_reason() -> None:
    with pytest.raises(CallError) as refused:
        bind_line("etsn c -SessionOption @{OpenTimeout = 30000}", context=context())
    assert "ticks" in refused.value.why and "00:00:30" in refused.value.hint


def test_new_pssessionoption_gives_properties_in_ms() -> None:
    line = "New-PSSessionOption -MaximumRedirection 2 -OpenTimeoutMSec 5000 -SkipCACheck -Culture de-DE -ProxyAccess a"
    assert dict(bind_line(line, context=context()).values) == {
        "MaximumConnectionRedirectionCount": 2,
        "OpenTimeout": 5000,
        "SkipCACheck": True,
        "Culture": "de-DE",
        "ProxyAccessType": "AutoDetect",
    }


@pytest.mark.parametrize(
    "arguments",
    [["-ProxyAuthentication", "Kerberos"], ["-OpenTimeout", "-1"], ["-IdleTimeout:-2"], ["-Culture", "a b"]],
)
def test_new_pssessionoption_refuses(arguments: list[str]) -> None:
    with pytest.raises(CallError) as refused:
        bind("New-PSSessionOption", arguments, context=context())
    assert refused.value.error_id.endswith(",Microsoft.PowerShell.Commands.NewPSSessionOptionCommand")


def test_a_proxy_credential_needs_a_proxy() -> None:
    line = "etsn c -SessionOption (New-PSSessionOption -ProxyCredential p)"
    with pytest.raises(CallError) as refused:
        bind_line(line, context=context())
    assert refused.value.error_id.startswith("System.ArgumentException,")


def test_session_options_of_a_profile_have_toml_types() -> None:
    assert session_options({"open_timeout": 5000, "skip_ca_check": True}) == {"OpenTimeout": 5000, "SkipCACheck": True}
    for table in ({"open_timeout": "5"}, {"skip_ca_check": 1}, {"opentimeut": 1}, {"idle_timeout": -2}):
        with pytest.raises(ConversionError):
            session_options(table)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 0),
        ("port", "22"),
        ("use_ssl", "yes"),
        ("vm_id", "zz"),
        ("options", []),
        ("command", "pwsh -s"),
        ("command", []),
        ("authentication", "nego"),
        ("user_name", ""),
        ("session_option", 3),
        ("credential", 3),
    ],
)
def test_a_from_toml_of_the_wrong_kind_is_refused_by_its_key(name: str, value: object) -> None:
    with pytest.raises(ConversionError) as refused:
        from_toml(option(name), value)
    assert refused.value.why


def test_time_spans_and_cultures() -> None:
    assert time_span("1.02:03:04.5") == 93784500
    assert culture("") == "" and culture(None) is None
