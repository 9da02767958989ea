"""ssh_config(5) read as OpenSSH reads it, for machines without an ``ssh`` to ask and for lists of hosts.

How this works. ``ConfigReader.read`` goes through the files once for a host, and a second time where ``Match final`` or
``canonical`` asks for it; of most keywords the first value counts. A line is cut into words as OpenSSH's argv_split
does (``split_words``), the criteria of ``Match`` as its strdelim does (``next_word``). The values come out as
``ssh -G`` prints them. ``tests/backends/transports/ssh/test_config_reader.py`` holds both against each other.

Differences that are meant: names are never looked up (CanonicalizeHostname), lists of algorithms that begin with
``+``, ``-`` or ``^`` stay as they are, the names of algorithms are not checked, a ``ForwardAgent`` with a path does not
count after one that says no, and of ``StreamLocalBindMask`` the first one counts whose block applies, where OpenSSH
takes the last one of all.
"""

from __future__ import annotations

import glob
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pstui.backends.errors import OpenError
from pstui.backends.transports.ssh.config_values import ConfigError, settled
from pstui.backends.transports.ssh.config_words import matches, matches_list, next_word, read_line, split_words
from pstui.backends.transports.ssh.expansion import expanded, system_folder, tokens_of, with_variables
from pstui.backends.transports.ssh.forward_options import FAMILIES, KINDS, as_ssh_prints, spec_of_line
from pstui.backends.transports.ssh.keywords import IGNORED, KNOWN, UNSET, Kind

#: bounds of what is read: bytes of a file, files, files inside files (OpenSSH's READCONF_MAX_DEPTH), files named
MAX_FILE, MAX_FILES, MAX_DEPTH, MAX_IDENTITIES, MAX_FORWARDS = 1 << 20, 1000, 16, 100, 100
#: seconds that a Match exec may take
PATIENCE = 30.0
#: names of Host lines and problems that are kept
MAX_NAMES, MAX_PROBLEMS = 10_000, 20
_BLANK = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something; ``wrong`` is why its words cannot be told apart."""

    number: int
    name: str
    value: str
    words: tuple[str, ...] = ()
    wrong: str = ""

    @classmethod
    def read(cls, text: str, number: int = 0) -> Line:
        """Cut a line into keyword, value and words."""
        name, value = read_line(text)
        try:
            return cls(number, name, value, tuple(split_words(value)) if name else ())
        except ValueError as error:
            return cls(number, name, value, (), str(error))


#: keywords that decide which lines count, or which are read
_STRUCTURE = frozenset({"host", "match", "include"})


@dataclass(slots=True)
class _Place:
    """Where the reader is: a file and its kind, and whether what is read there counts."""

    file: Path
    is_users: bool
    is_active: bool = True
    #: whether no Host or Match in it can apply: it was included where nothing applies
    is_off: bool = False
    number: int = 0
    checks: bool = False

    @property
    def shown(self) -> str:
        return f"{self.file} line {self.number}" if self.number else "-Options"

    def error(self, why: str) -> ConfigError:
        return ConfigError(f"{self.shown}: {why}")


@dataclass(slots=True)
class ConfigReader:
    """What the files say of one host. ``user`` and ``port`` are those of the call, empty and 0 for none.

    ``runs_commands`` is False where only names are wanted: a ``Match exec`` then never applies.
    """

    host: str
    user: str = ""
    port: int = 0
    runs_commands: bool = True
    values: dict[str, list[str]] = field(default_factory=dict)
    #: the names on Host lines, in their order, and the files that were read
    names: dict[str, None] = field(default_factory=dict)
    files: dict[Path, float] = field(default_factory=dict)
    #: where the first value of a keyword stands: file and line, or ``-Options``
    origins: dict[str, str] = field(default_factory=dict)
    local_user: str = ""
    #: None raises what is wrong; a list takes it, and the rest is read all the same (for lists of hosts)
    problems: list[str] | None = None
    #: lines and times of files that were read before
    lines: dict[Path, tuple[list[Line], float]] | None = None
    #: whether a Match exec was seen
    has_commands: bool = False
    _above: list[Path] = field(default_factory=list)
    _original: str = ""
    _final: bool = False
    _wants_final: bool = False
    _ignored: list[str] = field(default_factory=list)
    _count: int = 0

    def read(self, files: Iterable[Path], lines: Iterable[str] = ()) -> Mapping[str, tuple[str, ...]]:
        """Return the values by keyword in lower case; ``lines`` come before the files. Raises ConfigError."""
        self._original = self.host
        if self.user:
            self.values["user"] = [self.user]
        if self.port:
            self.values["port"] = [str(self.port)]
        command = _Place(Path("command-line"), is_users=True)
        for line in lines:
            command.is_active = True
            self._line(Line.read(line), command, 0)
        both = list(files)
        self._read_files(both)
        self._settle_host()
        if self._wants_final:
            self._final = True
            self.values["hostname"] = [self.host]
            self._read_files(both)
        found = {key: tuple(value) for key, value in self.values.items() if value}
        found.setdefault("user", (self.local_user,))
        found.setdefault("port", ("22",))
        return settled(found, self._original)

    def _read_files(self, files: list[Path]) -> None:
        self._count = 0
        for number, file in enumerate(files):
            self._read_file(_Place(file, is_users=number == 0), 0)

    def _settle_host(self) -> None:
        named = self.values.get("hostname", [""])[0]
        if named:
            self.host = _expand_host(named, self.host)
        found = _numeric(self.host, self.values.get("addressfamily", ["any"])[0])
        if len(found) == 1:
            self.host = str(socket.getnameinfo(found[0][4], socket.NI_NUMERICHOST)[0])  # 127.1 is 127.0.0.1
        elif not found and not _can_only_be_address(self.host):
            self.host = self.host.lower()
        self.values["hostname"] = [self.host]

    def _read_file(self, place: _Place, depth: int) -> bool:
        if depth > MAX_DEPTH or self._count >= MAX_FILES or (self.problems is not None and place.file in self._above):
            raise ConfigError(f"{place.file}: too many files include each other")
        self._count += 1
        known = self.lines.get(place.file) if self.lines is not None else None
        if (found := known or self._lines_of(place)) is None:
            return False
        if self.lines is not None:
            self.lines[place.file] = found
        lines, self.files[place.file] = found
        self._above.append(place.file)
        is_of_list = self.problems is not None and self.host
        for line in lines:
            if is_of_list and not place.is_active and line.name not in _STRUCTURE:
                continue  # it says nothing of this host, and whether it is right is not asked
            place.number = line.number
            self._line(line, place, depth)
        self._above.pop()
        return True

    def _lines_of(self, place: _Place) -> tuple[list[Line], float] | None:
        """Return the lines of a file and its time; None where it cannot be read. A list is made of real files only."""
        try:
            if self.problems is not None and not stat.S_ISREG(place.file.stat().st_mode):
                return None
            with place.file.open("rb") as stream:
                found = os.fstat(stream.fileno())
                if place.checks and not is_safe(found):
                    raise ConfigError(f"bad owner or permissions on {place.file}")
                data = stream.read(MAX_FILE)
        except (OSError, ValueError):
            return None
        lines = (Line.read(text, at) for at, text in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1))
        return [line for line in lines if line.name], found.st_mtime

    def _line(self, line: Line, place: _Place, depth: int) -> None:
        try:
            self._read_line(line, place, depth)
        except (ConfigError, OpenError) as error:
            if self.problems is None:
                raise
            if len(self.problems) < MAX_PROBLEMS and str(error) not in self.problems:
                self.problems.append(str(error))
            # The lines below a line that cannot be read belong to no host that is known.
            place.is_active = place.is_active and line.name not in ("host", "match")

    def _read_line(self, line: Line, place: _Place, depth: int) -> None:
        name, value, words = line.name, line.value, list(line.words)
        if not name:
            return
        if not value:
            raise place.error(f'no argument after keyword "{name}"')
        if line.wrong:
            raise place.error(line.wrong)
        if name not in KNOWN:
            if name in IGNORED or any(matches_list(one, name) for one in self._ignored):
                return
            raise place.error(f"Bad configuration option: {name}")
        if name == "include":
            self._include(words, place, depth)
        elif name == "host":
            self._host(words, place)
        elif name == "match":
            place.is_active = self._match(value, place) and not place.is_off
        elif name == "ignoreunknown":
            if len(words) != 1 or not words[0]:
                raise place.error("ignoreunknown: one argument is wanted")
            if place.is_active and not self._ignored:
                self._ignored.append(words[0])
        else:
            before = len(self.values)
            self._take(KNOWN[name], words, value, place)
            if len(self.values) > before:
                self.origins[KNOWN[name].name] = place.shown

    # -- blocks --------------------------------------------------------------------------------------------------

    def _host(self, words: list[str], place: _Place) -> None:
        place.is_active = False
        for word in words:
            if not word:
                raise place.error("keyword host empty argument")
            if len(self.names) < MAX_NAMES:
                self.names.setdefault(word)
        if place.is_off:
            return
        for word in words:
            if matches(word.removeprefix("!"), self.host):
                place.is_active = not word.startswith("!")
                if not place.is_active:
                    return

    def _match(self, text: str, place: _Place) -> bool:
        result, count = not place.is_off, 0
        rest: str | None = text
        while rest is not None:
            word, rest = next_word(rest)
            if not word or word.startswith("#"):
                break
            negated, name = word.startswith("!"), word.removeprefix("!").lower()
            if name == "all":
                after = next_word(rest)[0] if rest is not None else None
                if count > 1 or (after and not after.startswith("#")):
                    raise place.error("'all' cannot be combined with other Match attributes")
                return result and not negated
            count += 1
            if name in ("canonical", "final"):
                self._wants_final = self._wants_final or name == "final"
                result = result and self._final is not negated
                continue
            argument, rest = next_word(rest) if rest is not None else (None, None)
            if not argument or argument.startswith("#"):
                raise place.error(f"missing argument for Match '{word}'")
            holds = self._criterion(name, argument, place, result)
            result = result and holds is not negated
        if count == 0:
            raise place.error("One or more attributes required for Match")
        return result

    def _criterion(self, name: str, argument: str, place: _Place, counts: bool) -> bool:
        user = self.values.get("user", [""])[0] or self.local_user
        if name == "host":
            named = self.values.get("hostname", [""])[0]
            host = _expand_host(named, self.host) if named and not self._final else self.host
            return matches_list(argument.lower(), host.lower())
        if name == "originalhost":
            return matches_list(argument.lower(), self._original.lower())
        if name == "user":
            return matches_list(argument, user)
        if name == "localuser":
            return matches_list(argument, self.local_user)
        if name == "exec":
            self.has_commands = True
            return counts and self.runs_commands and self._runs(argument)
        raise place.error(f"Unsupported Match attribute {name}")

    def _runs(self, command: str) -> bool:
        values = {key: tuple(value) for key, value in self.values.items()}
        values.setdefault("hostname", (self.host,))
        values.setdefault("port", ("22",))
        values.setdefault("user", (self.local_user,))
        line = expanded(command, tokens_of(self._original, values), home=False)
        argv: str | list[str] = [os.environ.get("SHELL") or "/bin/sh", "-c", line]
        if sys.platform == "win32":
            # There it is a line, not a list of words, and cmd takes what stands between the outer quotes.
            argv = f'{os.environ.get("COMSPEC", "cmd.exe")} /d /s /c "{line}"'
        try:
            silent = subprocess.DEVNULL
            done = subprocess.run(argv, stdin=silent, stdout=silent, check=False, timeout=PATIENCE)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def _include(self, words: list[str], place: _Place, depth: int) -> None:
        for word in words:
            if not word:
                raise place.error("keyword include empty argument")
            if word.startswith("~") and not place.is_users:
                raise place.error(f"bad include path {word}.")
            folder = Path.home() / ".ssh" if place.is_users else system_folder()
            pattern = os.path.expanduser(word)  # noqa: PTH111  a pattern, not yet a path
            pattern = os.path.join(folder, pattern)  # noqa: PTH118  as above
            for found in sorted(glob.glob(pattern))[:MAX_FILES]:  # noqa: PTH207  may be absolute
                inner = _Place(
                    Path(found), place.is_users, place.is_active, place.is_off or not place.is_active, checks=True
                )
                if not self._read_file(inner, depth + 1):
                    raise place.error(f"Can't open user config file {found}")

    # -- values --------------------------------------------------------------------------------------------------

    def _take(self, kind: Kind, words: list[str], text: str, place: _Place) -> None:
        name = kind.name
        if kind.form in ("command", "jump"):
            self._take_way(kind, text.lstrip(_BLANK + "="), place)
            return
        if kind.form == "line":
            if place.is_active:
                self.values.setdefault(name, [text.lstrip(_BLANK + "=")])
            return
        if not words and kind.many in ("send", "set", "words") and name != "permitremoteopen":
            return  # nothing but a comment
        if not words or not words[0]:
            raise place.error(f"{name} missing argument.")
        if kind.many:
            self._take_many(kind, words, place)
            return
        if len(words) > kind.most:
            raise place.error(f"keyword {name} extra arguments at end of line")
        try:
            value = kind.read(words)
        except ValueError as error:
            raise place.error(f"{name}: {error}") from error
        if place.is_active and value is not None:
            before = self.values.setdefault(name, [value])
            if name == "rekeylimit" and before[0].endswith(UNSET):  # size and time of a RekeyLimit count each by itself
                before[0] = f"{before[0].split(' ')[0]} {value.split(' ')[1]}"

    def _take_many(self, kind: Kind, words: list[str], place: _Place) -> None:
        if not all(words):
            raise place.error(f"keyword {kind.name} empty argument")
        before = self.values.get(kind.name, [])
        if kind.many == "words":
            if len(words) > 1 and any(word.lower() in kind.alone for word in words):
                raise place.error(f"keyword {kind.name}: {' and '.join(kind.alone)} must appear alone.")
            try:
                value = " ".join(kind.read([word]) or "" for word in words)
            except ValueError as error:
                raise place.error(f"{kind.name}: {error}") from error
            if place.is_active and not before:
                self.values[kind.name] = [value]
        elif kind.many == "forwards":
            if len(words) > kind.most:
                raise place.error(f"keyword {kind.name} extra arguments at end of line")
            try:
                value = as_ssh_prints(spec_of_line(KINDS[kind.name], [with_variables(word) for word in words]))
            except (ValueError, OpenError) as error:
                raise place.error(f"{kind.name}: {error}") from error
            if place.is_active and value not in before and len(before) < MAX_FORWARDS:
                self.values[kind.name] = [*before, value]
        elif kind.many == "identities":
            if len(words) > 1:
                raise place.error(f"keyword {kind.name} extra arguments at end of line")
            if place.is_active and words[0] not in before and len(before) < MAX_IDENTITIES:
                self.values[kind.name] = [*before, words[0]]
        else:
            self._take_environment(kind, words, place)

    def _take_environment(self, kind: Kind, words: list[str], place: _Place) -> None:
        before = self.values.get(kind.name, [])
        if any(("=" in word) is (kind.many == "send") for word in words):
            raise place.error("Invalid environment.")
        if not place.is_active:
            return
        if kind.many == "set":
            names: dict[str, str] = {}
            for word in words:
                names.setdefault(word.partition("=")[0], word)
            self.values[kind.name] = before or list(names.values())
            return
        now = list(before)
        for word in words:
            now = [one for one in now if not matches(word[1:], one)] if word.startswith("-") else [*now, word]
        self.values[kind.name] = now

    def _take_way(self, kind: Kind, text: str, place: _Place) -> None:
        """Take ProxyCommand or ProxyJump, of which the first one counts; none as a jump leaves room for a command."""
        if kind.form == "jump":
            # A host called none, where more follows: so it is with OpenSSH 9.2.
            jumps = [] if text.lower() == "none" else re.split(r"[#\s]", text, maxsplit=1)[0].split(",")
            places = [_jump(one) for one in jumps]
            if None in places:
                raise place.error(f'Invalid ProxyJump "{text}"')
            text = ",".join([*jumps[:-1], str(places[-1])]) if jumps else ""
        jump = self.values.get("proxyjump")
        if (
            place.is_active
            and "proxycommand" not in self.values
            and (jump is None or (not any(jump) and kind.name == "proxycommand"))
        ):
            self.values[kind.name] = [text]


def is_safe(found: os.stat_result) -> bool:
    """Whether nobody else can write to a configuration file, which may name commands (ssh_config(5), FILES)."""
    return sys.platform == "win32" or (found.st_uid in (0, os.getuid()) and not found.st_mode & 0o022)


def _jump(text: str) -> str | None:
    """Return a jump host as ``ssh -G`` prints it, None where it is none."""
    bare = re.sub(r"^ssh://", "", text)
    user, mark, place = bare.rpartition("@")
    found = re.fullmatch(r"\[([^\[\]]+)\](?::(\d+))?|([^:\[\]/]+)(?::(\d+))?", place, re.ASCII)
    if found is None or (mark and not user):
        return None
    host, port = found[1] or found[3], found[2] or found[4] or ""
    if port and not 0 < int(port[:6]) < 65536:
        return None
    numeric = ":" in host or not host.strip("1234567890.")
    shown = f"[{host}]" if numeric else host
    return f"{user}{mark}{shown}{f':{int(port)}' if port else ''}"


def _expand_host(text: str, host: str) -> str:
    def token(found: re.Match[str]) -> str:
        if found[1] not in ("h", "%"):
            raise ConfigError(f"percent_expand: unknown key %{found[1]} in HostName {text}")
        return host if found[1] == "h" else "%"

    return re.sub(r"%(.?)", token, text)


def _can_only_be_address(text: str) -> bool:
    return ":" in text or "%" in text or not text.strip("0123456789.")  # ssh.c, is_addr_fast


def _numeric(text: str, family: str) -> Sequence[Any]:
    """Return what the system makes of an address, nothing where the text is none."""
    if not re.match(r"[0-9:]|[0-9a-fA-F]+:", text):
        return ()
    try:
        return socket.getaddrinfo(
            text, None, FAMILIES.get(family, socket.AF_UNSPEC), socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (OSError, ValueError):
        return ()
