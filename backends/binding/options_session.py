"""The session options of a WinRM connection (PSSessionOption), one declaration each (semantics 1.9)."""

from __future__ import annotations

from pstui.backends.binding.options_model import Option, OptionKind

_INT_MAX = 2147483647
_NO_CHECK = "Whoever can stand between the two computers can then read and change everything."


def _switch(name: str, key: str, text: str, caution: str = "") -> Option:
    return Option(name, key, OptionKind.SWITCH, text, caution, default_text="off", parameter=name, wsman=True)


def _number(
    name: str,
    key: str,
    text: str,
    *,
    parameter: str = "",
    low: int | None = None,
    unit: str = "",
    default: str = "",
    aliases: tuple[str, ...] = (),
) -> Option:
    return Option(
        name,
        key,
        OptionKind.INTEGER,
        text,
        aliases=aliases,
        minimum=low,
        maximum=_INT_MAX,
        default_text=default,
        unit=unit,
        parameter=parameter or name,
        wsman=True,
    )


def _time(name: str, key: str, text: str, *, low: int = 0, default: str) -> Option:
    return _number(name, key, text, low=low, unit="ms", default=default, aliases=(f"{name}MSec",))


def _other(
    name: str,
    key: str,
    kind: OptionKind,
    text: str,
    *,
    choices: tuple[str, ...] = (),
    default: str = "",
    caution: str = "",
) -> Option:
    return Option(name, key, kind, text, caution, choices=choices, default_text=default, parameter=name, wsman=True)


#: in the order of New-PSSessionOption
SESSION_OPTIONS: tuple[Option, ...] = (
    _number(
        "MaximumConnectionRedirectionCount",
        "maximum_connection_redirection_count",
        "How many redirections in a row are followed where redirection is allowed at all.",
        parameter="MaximumRedirection",
        low=-_INT_MAX - 1,
        default="5",
    ),
    _switch("NoCompression", "no_compression", "Sends the packets without compressing them."),
    _switch("NoMachineProfile", "no_machine_profile", "Opens the session without loading the user's Windows profile."),
    _other("Culture", "culture", OptionKind.TEXT, "The culture for numbers and dates over there, such as de-DE."),
    _other("UICulture", "ui_culture", OptionKind.TEXT, "The language of messages over there, such as en-US."),
    _number(
        "MaximumReceivedDataSizePerCommand",
        "maximum_received_data_size_per_command",
        "The most that one command may send back before the session is broken off.",
        low=-_INT_MAX - 1,
        unit="bytes",
        default="no limit",
    ),
    _number(
        "MaximumReceivedObjectSize",
        "maximum_received_object_size",
        "The largest single object that is accepted.",
        low=-_INT_MAX - 1,
        unit="bytes",
        default="209715200",
    ),
    _other(
        "OutputBufferingMode",
        "output_buffering_mode",
        OptionKind.CHOICE,
        "What a disconnected session does with output once its buffer is full.",
        choices=("None", "Drop", "Block"),
        default="None",
        caution="Drop loses the oldest output; Block halts the command until somebody connects again.",
    ),
    _number(
        "MaxConnectionRetryCount",
        "max_connection_retry_count",
        "How often opening is tried again when the network fails.",
        low=-_INT_MAX - 1,
        default="5",
    ),
    _other(
        "ApplicationArguments",
        "application_arguments",
        OptionKind.TABLE,
        "Values that the far end finds in $PSSenderInfo.ApplicationArguments.",
    ),
    _time("OpenTimeout", "open_timeout", "How long opening a session may take; 0 is no limit.", default="180000"),
    _time("CancelTimeout", "cancel_timeout", "How long stopping a command may take.", default="60000"),
    _time(
        "IdleTimeout",
        "idle_timeout",
        "How long the far end keeps a session that says nothing; -1 leaves it to the server, otherwise 60000 and more.",
        low=-1,
        default="-1",
    ),
    _other(
        "ProxyAccessType",
        "proxy_access_type",
        OptionKind.CHOICE,
        "How the proxy is found.",
        choices=("None", "IEConfig", "WinHttpConfig", "AutoDetect", "NoProxyServer"),
        default="None",
    ),
    _other(
        "ProxyAuthentication",
        "proxy_authentication",
        OptionKind.CHOICE,
        "How to prove to the proxy who you are.",
        choices=("Basic", "Negotiate", "Digest"),
        default="Negotiate",
        caution="Basic sends the password readable to everyone on the way to the proxy.",
    ),
    _other(
        "ProxyCredential",
        "proxy_credential",
        OptionKind.CREDENTIAL,
        "The account for the proxy; it needs a ProxyAccessType other than None.",
    ),
    _switch("SkipCACheck", "skip_ca_check", "Does not ask who issued the server's certificate.", _NO_CHECK),
    _switch("SkipCNCheck", "skip_cn_check", "Does not compare the name in the server's certificate.", _NO_CHECK),
    _switch(
        "SkipRevocationCheck",
        "skip_revocation_check",
        "Does not ask whether the server's certificate was revoked.",
        "A certificate that was stolen and revoked is then trusted.",
    ),
    _time("OperationTimeout", "operation_timeout", "How long any other WinRM call may take.", default="180000"),
    _switch(
        "NoEncryption",
        "no_encryption",
        "Sends messages over http without encrypting them; the server must allow it.",
        "Everything, output and input alike, can be read on the way.",
    ),
    _switch("UseUTF16", "use_utf16", "Sends requests in UTF-16 instead of UTF-8."),
    _switch(
        "IncludePortInSPN",
        "include_port_in_spn",
        "Puts the port into the name that Kerberos is asked for, for services that share a host.",
    ),
)
