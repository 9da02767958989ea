"""The checks a cmdlet itself makes once its parameters are bound, in PowerShell's order (protocol-notes 2.1–2.3).

They include the hashtables of -SSHConnection (protocol-notes 5.5), the ssh_config options of -Options, and the path of
a key file, which is resolved as PowerShell's providers resolve it (protocol-notes 1.5).
"""

from __future__ import annotations

import glob
import ntpath
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pstui.backends.addresses import computer_name, dns_name, ipv6, parse_ssh_host, shown_user, take_apart, uri_host
from pstui.backends.binding import errors
from pstui.backends.binding.context import BindContext, KnownSession
from pstui.backends.binding.lookups import find_sessions
from pstui.backends.binding.parameters import OPENING, Cmdlet
from pstui.backends.binding.session_options import from_call
from pstui.backends.binding.values import ConversionError, Value, integer
from pstui.backends.errors import CallError
from pstui.backends.redaction import without_password

_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z", re.ASCII)
#: what people take for keywords of ssh_config
_PASSWORDS = frozenset({"password", "passwd", "passphrase", "pass", "pwd"})
_KEYS = {
    "computername": "HostName",
    "hostname": "HostName",
    "username": "UserName",
    "keyfilepath": "KeyFilePath",
    "identityfilepath": "KeyFilePath",
    "port": "Port",
    "subsystem": "Subsystem",
    "connectingtimeout": "ConnectingTimeout",
    "options": "Options",
}


def check_connection_tables(cmdlet: Cmdlet, tables: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a table that PowerShell refuses. Raises CallError (Argument, PSSessionInvalidComputerName)."""
    for table in tables:
        read_connection_table(cmdlet, table)


def check_ssh_options(cmdlet: Cmdlet, options: Mapping[str, Any] | None) -> None:
    """Refuse what is not an ssh_config keyword, or a value that would begin another line (protocol-notes 7.7)."""
    for key, value in (options or {}).items():
        if key.casefold() in _PASSWORDS:
            why = "ssh_config has no password, and it would be shown and written down."
            raise errors.invalid_argument(cmdlet, "Options", why, "Leave it out: it is asked for.")
        if not _KEYWORD.match(key):
            why = f"{errors.quoted(key)} is not a keyword of ssh_config."
            raise errors.invalid_argument(cmdlet, "Options", why, "Keywords are letters and digits, such as ProxyJump.")
        if not isinstance(value, str | int | float | Decimal) or not str(value).isprintable():
            raise errors.invalid_argument(cmdlet, "Options", f"The value of {key} must be one line of text.")


def read_connection_table(cmdlet: Cmdlet, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that one table means; user and port of the host string go before those of the table.

    A table without ConnectingTimeout has no limit here, where PowerShell gives up at once by mistake.
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        name = _KEYS.get(str(key).casefold())
        if name is None:
            raise _refused(cmdlet, f"{errors.quoted(str(key))} is not one of its keys.")
        if name in result:
            raise _refused(cmdlet, f"{name} is given twice, by two of its names.")
        if value is None or value == "":
            raise _refused(cmdlet, f"{key} is empty.")
        result[name] = _typed(cmdlet, name, value)
    if "HostName" not in result:
        raise _refused(cmdlet, "It names no host.")
    for name in ("UserName", "Subsystem"):
        if str(result.get(name, "")).startswith("-"):
            raise _refused(cmdlet, f"{name} begins with a dash and would be read as an option of ssh.")
    try:
        host = take_apart(result)
    except ValueError as error:
        what = f"{errors.quoted(result['HostName'])} is not a host"
        raise errors.refusal(cmdlet, "PSSessionInvalidComputerName", what, errors.sentence(error)) from None
    if host.user.startswith("-"):
        raise _refused(cmdlet, "The user name begins with a dash and would be read as an option of ssh.")
    return result


def _typed(cmdlet: Cmdlet, name: str, value: Any) -> Any:
    if name in ("Port", "ConnectingTimeout"):
        try:
            number = integer(value)
        except ConversionError as error:
            raise _refused(cmdlet, f"{name}: {error.why}") from None
        if name == "Port" and not 0 <= number <= 65535:
            raise _refused(cmdlet, "Port must lie between 0 and 65535.")
        return number
    if name == "Options":
        if not isinstance(value, dict):
            raise _refused(cmdlet, "Options must be a hashtable.")
        check_ssh_options(cmdlet, value)
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return str(value)
    raise _refused(cmdlet, f"{name} must be a text.")


def _refused(cmdlet: Cmdlet, why: str) -> CallError:
    hint = "Keys: HostName, UserName, KeyFilePath, Port, Subsystem, ConnectingTimeout, Options."
    return errors.refusal(cmdlet, "Argument", "a table of -SSHConnection is not right", why, hint)


_PREFIX = re.compile(r"(?:Microsoft\.PowerShell\.Core\\)?FileSystem::", re.IGNORECASE)
_DRIVE = re.compile(r"(?P<drive>[^:/\\]+):")
#: drives of the providers that are not the file system
_OTHER_DRIVES = ("env", "alias", "function", "variable", "cert", "hklm", "hkcu", "wsman", "registry", "certificate")


def resolve_path(cmdlet: Cmdlet, name: str, text: str, context: BindContext) -> str:
    """Return the absolute path of a file that exists. ``~`` is the home folder, wildcards match one file.

    Raises CallError: PathNotFound, DriveNotFound, InvalidOperation for a path of another provider.
    """
    windows = context.platform == "win32"
    rules = ntpath if windows else posixpath
    plain = _PREFIX.sub("", text, count=1)
    drive = _DRIVE.match(plain)
    if drive and not (windows and len(drive["drive"]) == 1):
        raise _other_drive(cmdlet, name, drive["drive"])
    if plain == "~" or plain.startswith(("~/", "~\\")):
        plain = context.home + plain[1:]
    path = str(rules.normpath(rules.join(context.cwd, plain if windows else plain.replace("\\", "/"))))
    # on Unix a file name may hold a backslash; PowerShell takes it for a slash, unless the file is there
    literal = str(rules.normpath(rules.join(context.cwd, plain)))
    for candidate in (literal, path):
        if "\0" not in candidate and context.exists(candidate):
            return candidate
    found = _matches(path)
    if len(found) == 1:
        return found[0]
    if found:
        why = f"{len(found)} files match."
        raise errors.invalid_argument(cmdlet, name, why, "Name one of them.")
    raise errors.refusal(
        cmdlet,
        "PathNotFound",
        f"the file for -{name} is not there",
        f"Looked for {errors.quoted(path)}.",
        "Check the path; a relative one starts where pstui was started.",
    )


def _matches(path: str) -> list[str]:
    if "\0" in path or not any(char in path for char in "*?["):
        return []
    try:
        return glob.glob(path)  # noqa: PTH207 - Path.glob takes no absolute pattern
    except (OSError, ValueError, re.error):
        return []


def _other_drive(cmdlet: Cmdlet, name: str, drive: str) -> CallError:
    if drive.casefold() in _OTHER_DRIVES:
        why = f"{errors.quoted(drive + ':')} is not a place for files."
        return errors.refusal(
            cmdlet, "InvalidOperation", f"-{name} needs a file", why, "Give the path of a file on disk."
        )
    why = f"There is no drive {errors.quoted(drive)}."
    return errors.refusal(cmdlet, "DriveNotFound", f"the file for -{name} is not there", why, "Check the path.")


#: where the Uri set goes when no address is given, as documented
#: what -Engine may say of a host of SSH
SSH_ENGINES = ("asyncssh", "ssh")
DEFAULT_URI = "http://localhost:5985/WSMAN"
_ASKING = ("Get-PSSession", "Connect-PSSession", "Receive-PSSession")
_ONE = "Name one computer: one session is entered at a time."
_IDLE_MINIMUM = 60_000
_LOST_BACKSLASH = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[a-z0-9][A-Z]|[A-Z]{2}[a-z])[A-Za-z0-9]*\Z")


@dataclass
class Checked:
    """The values of a call after its checks, with what there is to say about them."""

    cmdlet: Cmdlet
    parameter_set: str
    values: dict[str, Any]
    notices: list[str] = field(default_factory=list)
    sessions: list[KnownSession] = field(default_factory=list)
    missed: list[CallError] = field(default_factory=list)
    is_choice: Callable[[str], bool] = lambda _: False


def finish(
    cmdlet: Cmdlet,
    parameter_set: str,
    values: dict[str, Any],
    given: Mapping[str, Value],
    context: BindContext,
    *,
    quiet: bool = False,
) -> Checked:
    """Check and normalise the bound values of a call; ``quiet`` lets it find no session. Raises CallError."""
    call = Checked(cmdlet, parameter_set, values)
    if cmdlet.name in OPENING:
        call.is_choice = context.is_choice
    if cmdlet.name == "New-PSSessionOption":
        _session_option(call)
        return call
    if cmdlet.name in OPENING:
        _opening(call, context)
    if cmdlet.name in _ASKING:
        _asking(call)
    found = find_sessions(cmdlet, parameter_set, values, context)
    call.sessions, call.missed = found.sessions, found.missed
    if found.missed and not found.sessions and (cmdlet.name == "Enter-PSSession" or not quiet):
        raise found.missed[0]
    credential = given.get("Credential")
    if credential is not None and credential.shell and _LOST_BACKSLASH.match(credential.text):
        call.notices.append(
            f"{credential.text} has no backslash. If you typed DOMAIN\\user, the shell took it: "
            "put it in quotes, 'DOMAIN\\user'."
        )
    if credential is not None and credential.text.casefold() in ("true", "false"):
        call.notices.append(
            f"{credential.text} is taken for a user name. A switch is turned off with a colon, as in -UseSSL:$false."
        )
    return call


def _opening(call: Checked, context: BindContext) -> None:
    values = call.values
    if "HostName" in values and "ConfigurationName" in values:
        _subsystem_by_configuration(call)
    for name in ("KeyFilePath", "FilePath"):
        if name in values:
            values[name] = resolve_path(call.cmdlet, name, values[name], context)
    check_session_option(call.cmdlet, values.get("SessionOption"))
    if "HostName" in values:
        _ssh_hosts(call)
        if values.get("Engine") and values["Engine"][0].lower() not in SSH_ENGINES:
            why = "A host of SSH is reached by ssh, this computer's program, or by asyncssh, which is built in."
            raise errors.invalid_argument(call.cmdlet, "Engine", why, f"Given: {errors.quoted(values['Engine'][0])}.")
    check_connection_tables(call.cmdlet, values.get("SSHConnection", ()))
    check_ssh_options(call.cmdlet, values.get("Options"))
    for name in ("UserName", "Subsystem"):
        if str(values.get(name, "")).startswith("-"):
            raise errors.invalid_argument(
                call.cmdlet,
                name,
                "A value that begins with a dash would be read as an option of ssh.",
                "Leave the dash out.",
            )
    if call.parameter_set in ("Uri", "FilePathUri"):
        uris = values.setdefault("ConnectionUri", DEFAULT_URI)
        for uri in uris if isinstance(uris, tuple) else (uris,):
            check_uri(uri)
    if "ComputerName" in values:
        values["ComputerName"] = _computers(call, values["ComputerName"])
    if values.get("EnableNetworkAccess") and call.parameter_set == "Process":
        call.notices.append("EnableNetworkAccess changes nothing here: the session runs as a process of yours.")


def _asking(call: Checked) -> None:
    """Check where a computer is asked for its sessions."""
    values = call.values
    check_session_option(call.cmdlet, values.get("SessionOption"))
    uris = values.get("ConnectionUri", ())
    for uri in uris if isinstance(uris, tuple) else (uris,):
        check_uri(uri)
    if "ComputerName" in values:
        values["ComputerName"] = _computers(call, values["ComputerName"])


def _subsystem_by_configuration(call: Checked) -> None:
    if "Subsystem" in call.values:
        hint = "Over SSH both name the subsystem: leave one out."
        raise errors.ambiguous_set(call.cmdlet, call.values, hint)
    name = call.values.pop("ConfigurationName")
    call.values["Subsystem"] = name
    call.notices.append(f"Over SSH, ConfigurationName names the subsystem: {name}.")


def check_session_option(cmdlet: Cmdlet, options: Mapping[str, Any] | None) -> None:
    """Refuse an idle time that PowerShell refuses, in every set, and a proxy credential without a proxy."""
    idle = (options or {}).get("IdleTimeout", -1)
    if idle != -1 and idle < _IDLE_MINIMUM:
        raise errors.refusal(
            cmdlet,
            "Argument",
            "the IdleTimeout of the session options is too short",
            f"It is {idle} ms; the least is {_IDLE_MINIMUM} ms.",
            "Leave it out, or use -1, for the server's own value.",
        )
    if options and options.get("ProxyCredential") and options.get("ProxyAccessType", "None") == "None":
        raise errors.refusal(
            cmdlet,
            "System.ArgumentException",
            "a ProxyCredential needs a ProxyAccessType",
            "",
            "Say how the proxy is found, for example -ProxyAccessType IEConfig.",
        )


def _ssh_hosts(call: Checked) -> None:
    """Read the host strings; what is written in one wins over -UserName and -Port."""
    values = call.values
    texts = values["HostName"]
    several = isinstance(texts, tuple)
    for text in texts if several else (texts,):
        if call.is_choice(text):
            continue
        try:
            host = parse_ssh_host(text)
        except ValueError as error:
            raise _bad_host(call.cmdlet, text, str(error)) from None
        if host.user.startswith("-"):
            why = "A user name that begins with a dash would be read as an option of ssh."
            raise errors.invalid_argument(call.cmdlet, "HostName", why, "Leave the dash out.")
        if several:
            continue
        values["HostName"] = host.host
        if host.user:
            _overrule(call, "UserName", host.user)
            if ":" in host.user:
                call.notices.append("Everything before the @ is the user name: a password cannot be given there.")
        if host.port is not None:
            _overrule(call, "Port", host.port)
            if host.port == 0:
                del values["Port"]


def _overrule(call: Checked, name: str, value: Any) -> None:
    old = call.values.get(name)
    if old is not None and old != value:
        call.notices.append(f"-{name} {old} is ignored, because HostName says {shown_user(str(value))}.")
    call.values[name] = value


def _bad_host(cmdlet: Cmdlet, text: str, why: str) -> CallError:
    hint = "Write host, user@host or user@host:port; an IPv6 address in brackets."
    if "," in text:
        hint = _ONE
    if "\\" in text or text.count("@") > 1:
        hint = "Give such a user name with -UserName."
    elif "://" in text:
        hint = "For an address use -ConnectionUri."
    what = f"{errors.quoted(text)} is not a host"
    return errors.refusal(cmdlet, "PSSessionInvalidComputerName", what, errors.sentence(why), hint)


def _computers(call: Checked, names: Any) -> Any:
    """Return computer names as they are used. Enter-PSSession and the others refuse a bad one by different ids."""
    error_id = "System.UriFormatException" if call.cmdlet.name == "Enter-PSSession" else "PSSessionInvalidComputerName"

    def one(name: str) -> str:
        try:
            return name if call.is_choice(name) else computer_name(name)
        except ValueError as error:
            hint, why = "Give the bare name of a computer.", errors.sentence(error)
            if "://" in name:
                hint, why = "Write -ConnectionUri before it.", "A URI belongs to -ConnectionUri."
            elif "@" in name:
                hint = "For SSH use -HostName; the account for WinRM goes to -Credential."
            elif "," in name:
                hint = _ONE
            elif ":" in name:
                hint = "The port goes to -Port."
            what = f"{errors.quoted(name)} is not a computer name"
            raise errors.refusal(call.cmdlet, error_id, what, why, hint) from None

    return tuple(map(one, names)) if isinstance(names, tuple) else one(names)


def check_uri(uri: str) -> None:
    """Refuse an address that makes no session (protocol-notes 1.8). The id has no suffix. Raises CallError.

    One that holds a password is refused before anything else can show it or write it down.
    """
    if without_password(uri) != uri:
        what, why = "an address may not hold a password", "It would be shown, logged and sent readable."
        raise CallError(what, why, "Use -Credential instead.", error_id="CreateRemoteRunspaceFailed")
    scheme, separator, rest = uri.partition("://")
    why = ""
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        why = "It is not a whole address."
    elif scheme.lower() not in ("http", "https"):
        why = f"WinRM is reached by http or https, not by {errors.quoted(scheme)}."
    elif re.search(r"[\s\\<>\"{}|^`\x00-\x1f]", rest) or not _has_host(uri):
        why = "Its host or port cannot be read."
    if why:
        hint = "Write it like http://server:5985/wsman."
        what = f"{errors.quoted(uri)} is not the address of a WinRM endpoint"
        raise CallError(what, why, hint, error_id="CreateRemoteRunspaceFailed")


def _has_host(uri: str) -> bool:
    check: Callable[[str], str] = dns_name
    host = uri_host(uri)
    authority = re.split(r"[/?#]", uri.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    if host.startswith("["):
        host, check = host.strip("[]"), ipv6
        authority = authority.partition("]")[2].removeprefix(":")
    else:
        host = re.split(r"[?#]", host, maxsplit=1)[0]
        authority = authority.partition(":")[2]
    try:
        check(host)
    except ValueError:
        return False
    return bool(re.fullmatch(r"[0-9]{0,5}", authority)) and int(authority or 0) <= 65535


def _session_option(call: Checked) -> None:
    values = from_call(call.values)
    mechanism = values.get("ProxyAuthentication", "Negotiate")
    if mechanism not in ("Basic", "Negotiate", "Digest"):
        raise errors.refusal(
            call.cmdlet,
            "System.ArgumentException",
            f"a proxy cannot be answered by {mechanism}",
            "",
            "Use Basic, Negotiate or Digest.",
        )
    call.values.clear()
    call.values.update(values)
