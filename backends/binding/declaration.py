"""What is declared about one option: the source of its dialog field, TOML key, command-line parameter and help."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pstui.backends.connection import ParameterSet


class OptionKind(enum.Enum):
    """The shape of an option's value, which decides its field in a dialog and its type in TOML."""

    TEXT = "text"
    INTEGER = "integer"
    SWITCH = "switch"
    GUID = "guid"
    URI = "uri"
    PATH = "path"
    CREDENTIAL = "credential"
    TABLE = "table"
    CHOICE = "choice"
    SESSION_OPTION = "session option"
    SESSION = "session"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class OptionUse:
    """How one parameter set uses an option: must it be given, and at which position it is taken without its name."""

    mandatory: bool = False
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a connection.

    ``name`` is PowerShell's parameter (for a session option its property, ``parameter`` being the name that
    New-PSSessionOption gives it), ``key`` the TOML key. ``help`` is one sentence, ``caution`` what may go wrong.
    ``default_text`` is shown in an empty field; ``unit`` stands behind the field. ``own`` marks what is pstui's, not
    PowerShell's. ``wsman`` is true for what takes effect over WinRM alone, ``setting`` for what a connection holds
    among its settings, by the TOML key, rather than among its values.
    """

    name: str
    key: str
    kind: OptionKind
    help: str
    caution: str = ""
    sets: Mapping[ParameterSet, OptionUse] = field(default_factory=lambda: MappingProxyType({}))
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    default_text: str = ""
    #: the default where a set has another than ``default_text`` says
    set_defaults: Mapping[ParameterSet, str] = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""
    parameter: str = ""
    own: bool = False
    wsman: bool = False
    setting: bool = False

    def within(self, parameter_set: ParameterSet) -> Option:
        """Return the option as a dialog shows it for one set: with that set's default."""
        return replace(self, default_text=self.set_defaults.get(parameter_set, self.default_text))

    @property
    def flag(self) -> str:
        """The option as it is written on a command line: ``-HostName``."""
        return f"-{self.parameter or self.name}"
