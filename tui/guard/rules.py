"""What a guard holds: the verbs and programs that destroy, and what only reads.

How this works. ``Rules.judge`` takes what a line would do as far as it can be read (``backends/language/uses.py``) and
says what of it is held and why. ``confirm`` holds what is on the list, and what cannot be read; ``read`` holds all that
is not known to read only. It protects from slips, not from malice: a function, a script file or a method may do
anything below a harmless name, and who wants to get around it can. Rights on the far end are what keeps people out.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

from pstui.backends.language.lexemes import words
from pstui.backends.language.uses import WHAT_IF, Kind, Use, uses


class Mode(enum.Enum):
    """How strict a guard is; the value is the word in the profile file."""

    OFF = "off"
    CONFIRM = "confirm"
    READ = "read"


#: verbs whose commands and methods are held
VERBS = words(
    "Block Clear Deny Disable Dismount Format Initialize Move Remove Rename Repair Reset Resize Restart Restore Revoke"
    " Set Stop Suspend Uninstall Unpublish Unregister"
)
#: programs that are held, with the words after them where these decide
PROGRAMS = (
    *words(
        "shutdown reboot poweroff halt init telinit mkfs mkfs.* fdisk parted diskpart dd wipefs shred truncate unlink"
        " kill killall pkill taskkill userdel groupdel deluser bcdedit logoff iptables nft ufw cipher"
        " rm rmdir del mv format"
        " chmod chown chgrp chattr passwd usermod groupmod umount swapoff ifdown takeown iisreset lvremove lvreduce"
        " vgremove pvremove"
    ),
    *(f"systemctl {verb}" for verb in words("stop restart disable mask kill reboot poweroff halt isolate")),
    *("service * stop", "service * restart", "net stop", "net user", "net localgroup", "sc delete", "sc stop"),
    *(
        "reg delete",
        "reg add",
        "sc config",
        "net * /delete",
        "net * * /delete",
        "wevtutil cl",
        "wevtutil clear-log",
        "vssadmin delete",
        "crontab -r",
    ),
    *(f"git {verb}" for verb in words("push reset clean restore rm")),
    # a web request that deletes, wherever its method stands
    *(
        f"{client}{verb}"
        for client in ("invoke-restmethod", "invoke-webrequest", "curl")
        for verb in (" delete", " * delete", " -xdelete")
    ),
    *("find -delete", "sed -i", "icacls * /*", "fsutil * set*", "fsutil * delete*", "wmic * call", "wmic * delete"),
    *(f"schtasks /{verb}" for verb in words("delete change end")),
    *(f"netsh * {verb}" for verb in words("set delete reset")),
    *("dism * /disable*", "dism * /remove*", "dism * /cleanup*", "ip * set", "ip * del*", "ip * flush"),
    *("zfs destroy", "zfs rollback", "zpool destroy", "terraform destroy", "terraform apply"),
    *(f"helm {verb}" for verb in words("uninstall delete rollback upgrade")),
    *(f"{tool} uninstall" for tool in ("pip", "pip3", "npm", "choco", "winget", "brew")),
    *(
        f"{composer}{verb}"
        for composer in ("docker-compose ", "docker-compose * ", "* compose ", "* compose * ")
        for verb in words("down rm stop kill restart")
    ),
    *(f"{engine} {verb}" for engine in ("docker", "podman") for verb in words("rm rmi stop kill restart prune")),
    *(f"{engine} * {verb}" for engine in ("docker", "podman") for verb in words("rm prune reset leave scale")),
    *(
        f"{client} {verb}"
        for client in ("kubectl", "oc")
        for verb in words("delete drain scale rollout replace apply patch edit cordon taint set")
    ),
    *(
        f"{tool} {verb}"
        for tool in ("apt", "apt-get", "dnf", "yum", "zypper", "snap", "apk")
        for verb in words("remove purge autoremove rm del")
    ),
    *("rpm -e", "rpm --erase", "dpkg -r", "dpkg --remove", "dpkg -p", "dpkg --purge", "pacman -r*"),
)
#: what is let through although its verb is on the list: it acts on the session alone
HARMLESS = words(
    "format-table format-list format-wide format-custom format-hex set-location set-variable set-strictmode"
    " set-psdebug set-psreadlineoption set-psreadlinekeyhandler set-alias set-psbreakpoint set-tracesource clear-host"
    " clear-history clear-variable remove-variable remove-module remove-alias remove-psbreakpoint remove-pssession"
    " remove-job stop-job remove-event unregister-event disable-psbreakpoint stop-transcript"
)
#: verbs of commands that only read
READING_VERBS = words(
    "Compare ConvertFrom ConvertTo Find Get Group Join Measure Read Resolve Search Select Show Sort Split Test Trace"
    " Wait Where"
)
#: other commands and programs that only read, or act on the session alone
READING = HARMLESS | words(
    "convert-path foreach-object out-string out-host out-default out-null out-gridview write-output write-host"
    " write-warning write-error write-verbose write-debug write-information write-progress import-csv import-clixml"
    " import-module import-powershelldatafile import-localizeddata push-location pop-location new-timespan new-guid"
    " new-variable start-sleep help man more prompt exit cd.. cd\\ hostname whoami uname df du free uptime ping"
    " ipconfig ifconfig netstat ss head tail grep egrep fgrep findstr systeminfo tasklist id printenv wc which"
    " nslookup dig lsblk lscpu lsof top stat file"
)
#: methods that only read, by how they begin
READING_METHODS = re.compile(
    r"(?:get|to|is|has|contains|starts|ends|index|lastindex|split|trim|substring|pad|compare|equals|parse|tryparse|match"
    r"|where|foreach|format|join|add(?:days|hours|minutes|seconds|months|years|milliseconds)|subtract|count|replace"
    r"|concat|round|floor|ceiling|abs|max|min|exists|new)(?!.*(?:set|delete|remove|kill|stop))"
)
#: methods that are held besides those that begin with a verb of the list
METHODS = words("delete kill terminate reboot shutdown win32shutdown")


@dataclass(frozen=True, slots=True)
class Held:
    """A part of a line that is held: its text there, and why, as the end of a sentence."""

    text: str
    why: str


@dataclass(frozen=True)
class Rules:
    """The lists as the user has them: patterns with wildcards, ``hold`` and ``let_through`` beside those above.

    A pattern is a command (``kubectl``), a command with words after it (``kubectl delete``) or a verb (``Update``).
    What is let through is let through whatever else fits.
    """

    hold: tuple[str, ...] = ()
    let_through: tuple[str, ...] = ()

    def judge(self, text: str, mode: Mode) -> tuple[Held, ...]:
        """Return what is held of a text, each reason once; nothing where it may run."""
        if mode is Mode.OFF:
            return ()
        check = self._confirm if mode is Mode.CONFIRM else self._read
        found: dict[str, Held] = {}
        for use in uses(text):
            if why := check(use):
                found.setdefault(use.text, Held(use.text, why))
        return tuple(found.values())

    @cached_property
    def _held(self) -> re.Pattern[str]:
        return _any([*(f"{verb}-*" for verb in VERBS), *PROGRAMS, *_spread(self.hold)])

    @cached_property
    def _passed(self) -> re.Pattern[str]:
        return _any(_spread(self.let_through))

    def _passes(self, use: Use) -> bool:
        return any(self._passed.match(each) for each in _names(use, only_bare=True))

    def _confirm(self, use: Use) -> str:
        match use.kind:
            case Kind.UNKNOWN:
                return "what it runs cannot be read"
            case Kind.METHOD:
                held = use.name in METHODS or any(use.name.startswith(verb) for verb in _METHOD_VERBS)
                return "" if not held or self._passes(use) else "the method is on the list"
            case Kind.COMMAND:
                if use.name in HARMLESS or self._passes(use):
                    return ""
                if "-" in use.name and set(WHAT_IF) & set(use.parameters):
                    return ""
                if any(self._held.match(each) for each in _names(use)):
                    return f"it is {use.name}" if use.is_aliased else "it is on the list"
        return ""

    def _read(self, use: Use) -> str:
        if use.kind in (Kind.COMMAND, Kind.METHOD) and self._passes(use):
            return ""
        match use.kind:
            case Kind.UNKNOWN:
                return "what it runs cannot be read"
            case Kind.FILE:
                return "it writes a file"
            case Kind.ASSIGNMENT:
                return "it changes more than a variable"
            case Kind.METHOD:
                return "" if READING_METHODS.match(use.name) else "the method may do more than read"
        verb = use.name.partition("-")[0]
        if use.name in READING or ("-" in use.name and verb in _READING_VERBS):
            return "" if not any(self._listed.match(each) for each in _names(use)) else "it is on the list"
        return "it is not known to read only"

    @cached_property
    def _listed(self) -> re.Pattern[str]:
        return _any(_spread(self.hold))


_METHOD_VERBS = tuple(verb.casefold() for verb in VERBS if verb != "Format")
_READING_VERBS = frozenset(verb.casefold() for verb in READING_VERBS)
_NEVER = re.compile(r"(?!)")


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    texts = [translate(pattern.casefold()) for pattern in patterns]
    return re.compile("|".join(texts)) if texts else _NEVER


def _spread(patterns: Iterable[str]) -> list[str]:
    """Return the patterns, and for a lone word the commands whose verb it is."""
    found = []
    for pattern in (" ".join(each.split()) for each in patterns):
        found.append(pattern)
        if pattern.isalpha():
            found.append(f"{pattern}-*")
    return [each for each in found if each]


def _names(use: Use, *, only_bare: bool = False) -> tuple[str, ...]:
    """Return what a pattern may fit: the name, and the name with the words that follow it.

    The word behind an option may be its value: it is read both ways, with ``only_bare`` as a value alone.
    """
    readings = [use.bare] if only_bare else [use.words, use.bare]
    said = [use.name]
    for words_ in readings:
        after = [word.casefold() for word in words_ if not word.startswith("-")]
        said += [f"{use.name} {' '.join(after[:count])}" for count in (1, 2, 3, 4) if len(after) >= count]
    options = [word.casefold() for word in use.words if word.startswith("-")]
    return (*said, *(f"{use.name} {each}" for each in (*use.parameters, *options)))
