"""The -Options hashtable of the SSHHost set and the other values of the set, checked before anything is opened.

An option means what ``ssh -o Name=Value`` means: it comes before the configuration files, and the first value
found counts. What asyncssh cannot do is refused by name; nothing is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.errors import CallError
from pstui.backends.forwards import ForwardKind, parse
from pstui.backends.transports.ssh.config_words import split_words
from pstui.backends.transports.ssh.engine import engine_of
from pstui.backends.transports.ssh.forward_options import spec_of_line
from pstui.backends.transports.ssh.keywords import IGNORED, KNOWN, service_of
from pstui.backends.transports.streams import printable


def _flag(value: str) -> str:
    return "" if value.lower() in {"yes", "no", "true", "false"} else "yes or no"


def _number(value: str) -> str:
    return "" if value.isascii() and value.isdecimal() and int(value) <= 2**31 - 1 else "a whole number"


def _time(value: str) -> str:
    units = re.fullmatch(r"(?:[0-9]{1,9}[sSmMhHdDwW]?)+|none", value)
    return "" if units else "a number of seconds, or a time such as 30s or 1m30s"


def _agent_wish(value: str) -> str:
    words = value.lower().split()
    time = words[1:] if words[:1] == ["confirm"] else words
    is_time = len(time) == 1 and time[0] != "none" and not _time(time[0])
    return "" if is_time or value.lower() in ("yes", "no", "ask", "confirm") else "yes, no, ask, confirm or a time"


def _service(value: str) -> str:
    try:
        too_many = len([service_of(word) for word in value.split()]) > 2
    except ValueError:
        too_many = True
    return "one or two classes of service, such as af21 cs1" if too_many else ""


def _one_of(*words: str) -> Callable[[str], str]:
    return lambda value: "" if value.lower() in words else " or ".join(words)


def _text(value: str) -> str:
    return ""


def _mask(value: str) -> str:
    return "" if re.fullmatch(r"0?[0-7]{3}", value) else "an octal mask such as 0177"


def _forward(kind: ForwardKind) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            spec_of_line(kind, value.split())
        except ValueError as error:
            return f"a forward as ssh_config has it ({error})"
        return ""

    return check


#: Each option with the check of its value, which returns what is expected or "". The value of the options in
#: ``_LISTS`` is cut into words as ssh does, quotes included; any other is one word, with its blanks and backslashes.
_OPTIONS: dict[str, Callable[[str], str]] = {
    "AddKeysToAgent": _agent_wish,
    "AddressFamily": _one_of("any", "inet", "inet6"),
    "BatchMode": _flag,
    "BindAddress": _text,
    "CASignatureAlgorithms": _text,
    "CertificateFile": _text,
    "CheckHostIP": _flag,
    "Ciphers": _text,
    "ClearAllForwardings": _flag,
    "Compression": _flag,
    "ConnectTimeout": _time,
    "DynamicForward": _forward(ForwardKind.DYNAMIC),
    "ExitOnForwardFailure": _flag,
    "ForwardAgent": _text,
    "GSSAPIAuthentication": _flag,
    "GSSAPIDelegateCredentials": _flag,
    "GatewayPorts": _flag,
    "IPQoS": _service,
    "GlobalKnownHostsFile": _text,
    "HashKnownHosts": _flag,
    "HostKeyAlgorithms": _text,
    "HostKeyAlias": _text,
    "Hostname": _text,
    "KnownHostsCommand": _text,
    "IdentitiesOnly": _flag,
    "IdentityAgent": _text,
    "IdentityFile": _text,
    "KbdInteractiveAuthentication": _flag,
    "KexAlgorithms": _text,
    "LocalForward": _forward(ForwardKind.LOCAL),
    "MACs": _text,
    "NumberOfPasswordPrompts": _number,
    "PasswordAuthentication": _flag,
    "PermitRemoteOpen": _text,
    "Port": _number,
    "PreferredAuthentications": _text,
    "ProxyCommand": _text,
    "ProxyJump": _text,
    "PubkeyAcceptedAlgorithms": _text,
    "PubkeyAuthentication": _flag,
    "RekeyLimit": _text,
    "RemoteForward": _forward(ForwardKind.REMOTE),
    "RequiredRSASize": _number,
    "RevokedHostKeys": _text,
    "SendEnv": _text,
    "ServerAliveCountMax": _number,
    "ServerAliveInterval": _time,
    "SetEnv": _text,
    "StreamLocalBindMask": _mask,
    "StreamLocalBindUnlink": _flag,
    "StrictHostKeyChecking": _one_of("yes", "ask", "accept-new", "no", "off"),
    "TCPKeepAlive": _flag,
    "UpdateHostKeys": _one_of("yes", "no", "ask"),
    "User": _text,
    "UserKnownHostsFile": _text,
}
_BY_NAME = {name.lower(): name for name in _OPTIONS}
_LISTS = frozenset(
    {
        "AddKeysToAgent",
        "DynamicForward",
        "GlobalKnownHostsFile",
        "IPQoS",
        "LocalForward",
        "PermitRemoteOpen",
        "RekeyLimit",
        "RemoteForward",
        "SendEnv",
        "SetEnv",
        "UserKnownHostsFile",
    }
)
#: keywords of ssh that would take the session away from pstui; every other one is left to the engine ssh
_NOT_FOR_PROGRAM = frozenset(
    {
        "escapechar", "forkafterauthentication", "host", "ignoreunknown", "include", "loglevel", "logverbose", "match",
        "remotecommand", "requesttty", "sessiontype", "stdinnull",
    }
)  # fmt: skip
#: What a jump host takes over from the target's options, beyond its own entry in the configuration files.
_FOR_JUMP_HOSTS = frozenset(
    {"BatchMode", "ConnectTimeout", "GlobalKnownHostsFile", "IdentityAgent", "IdentityFile", "UserKnownHostsFile"}
)


def supported_options() -> tuple[str, ...]:
    """Return the names that -Options may hold."""
    return tuple(_OPTIONS)


def check_call(info: ConnectionInfo) -> None:
    """Check the values of an SSHHost connection. Raises CallError naming the parameter and what is wrong with it."""
    names = {"HostName": "host name", "UserName": "user name", "Subsystem": "subsystem"}
    for parameter, what in names.items():
        value = info.text(parameter)
        if parameter == "HostName" and not value:
            raise CallError("no host name was given", "The SSHHost set needs one.", "Use -HostName user@host:port.")
        if value.startswith("-"):
            raise CallError(
                f"the {what} {printable(value)} is refused",
                "It starts with a dash, so an SSH program could take it for an option.",
                f"Correct -{parameter}.",
            )
        if any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise CallError(f"the {what} is refused", "It holds a control character.", f"Correct -{parameter}.")
    if not 0 <= info.number("Port") <= 65535:
        raise CallError(f"the port {info.number('Port')} does not exist", "Ports go from 1 to 65535.", "Correct -Port.")
    options = info.values.get("Options")
    engine = engine_of(info)
    if options:
        option_lines(options, program=engine.is_program)
    for text in info.settings.get("forwards") or ():
        parse(text)


def option_lines(options: Mapping[Any, Any], *, for_jump_host: bool = False, program: bool = False) -> tuple[str, ...]:
    """Return the options as lines of a configuration file of OpenSSH. Raises CallError naming the wrong option.

    With ``for_jump_host`` only those are returned that also hold for the hosts on the way. ``program`` says that ssh
    gets them, which can do more than asyncssh; what a value may be is then left to it.
    """
    lines: list[str] = []
    for key, value in options.items():
        word = str(key).lower()
        name = _BY_NAME.get(KNOWN[word].name if word in KNOWN else word)
        if name is None and program and word in KNOWN and word not in IGNORED | _NOT_FOR_PROGRAM:
            if not for_jump_host:
                lines.append(f"{key} {_checked(str(key), value)}")
            continue
        if name is None:
            raise CallError(
                f"the SSH option {printable(str(key))} is not supported",
                "pstui brings its own SSH and refuses what it cannot do, rather than ignoring it.",
                f"Supported: {', '.join(_OPTIONS)}. With -Engine ssh this computer's ssh takes nearly all there are.",
            )
        text = _checked(name, value)
        if not for_jump_host or name in _FOR_JUMP_HOSTS:
            lines.append(f"{name} {_quoted(name, text)}")
    return tuple(lines)


def write_options(folder: Path, name: str, lines: tuple[str, ...]) -> list[Path]:
    """Write option lines to a file of ``folder``; return the list of that one file, or ``[]`` without lines."""
    if not lines:
        return []
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="surrogateescape")
    return [path]


def _checked(name: str, value: object) -> str:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, str | int):
        raise CallError(
            f"the SSH option {name} is refused",
            f"Its value is a {type(value).__name__}, not a text or a number.",
            "Give one text; separate several words in it with blanks.",
        )
    text = str(value).strip()
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise CallError(f"the SSH option {name} is refused", "Its value holds a line break or a control character.")
    expected = "a value" if not text or text.startswith("=") else _OPTIONS.get(name, _text)(text)
    if name in _LISTS and not expected:
        try:
            expected = "" if split_words(text) else "a value"
        except ValueError:
            expected = "an end for each quote"
    if expected:
        raise CallError(f"the SSH option {name} is refused", f"{printable(text)!r} was given, {expected} is expected.")
    return text


def quoted(text: str) -> str:
    """Return a value as one word, for ssh (since 8.7) and for asyncssh alike."""
    if re.fullmatch(r"[\w@%+:,./-]+", text, re.ASCII):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(name: str, text: str) -> str:
    if name in ("KnownHostsCommand", "ProxyCommand", "ProxyJump"):  # the rest of the line, as it is
        return text
    return " ".join(quoted(word) for word in split_words(text)) if name in _LISTS else quoted(text)
