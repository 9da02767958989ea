"""What is declared about one parameter: the source of its dialog field, TOML key, command-line parameter and help."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
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


#: the kind that goes with each of PowerShell's types; an enumeration is a choice
KINDS: Mapping[str, OptionKind] = MappingProxyType(
    {
        "String": OptionKind.TEXT,
        "CultureInfo": OptionKind.TEXT,
        "Int32": OptionKind.INTEGER,
        "SwitchParameter": OptionKind.SWITCH,
        "Guid": OptionKind.GUID,
        "Uri": OptionKind.URI,
        "PSCredential": OptionKind.CREDENTIAL,
        "Hashtable": OptionKind.TABLE,
        "PSPrimitiveDictionary": OptionKind.TABLE,
        "PSSessionOption": OptionKind.SESSION_OPTION,
        "PSSession": OptionKind.SESSION,
        "String[]": OptionKind.LIST,
    }
)


_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Use:
    """How one set uses a parameter: must it be given, at which position, does it take pipeline input.

    ``pipeline`` takes an object of the pipe as its value, ``by_property`` the object's property of its name.
    """

    mandatory: bool = False
    position: int | None = None
    pipeline: bool = False
    by_property: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One parameter of a connection, as all who show, read or write it know it.

    ``name`` is PowerShell's parameter (for a session option its property, ``parameter`` being the name that
    New-PSSessionOption gives it), ``type`` PowerShell's type. ``help`` is one sentence, ``caution`` what may go wrong.
    ``default_text`` is shown in an empty field; ``unit`` is shown after the field.
    """

    name: str
    kind: OptionKind
    help: str
    caution: str = ""
    type: str = ""
    sets: Mapping[ParameterSet, Use] = field(default_factory=lambda: MappingProxyType({}))
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    default_text: str = ""
    #: the default where a set has another than ``default_text`` says
    set_defaults: Mapping[ParameterSet, str] = field(default_factory=lambda: MappingProxyType({}))
    unit: str = ""
    parameter: str = ""
    #: whether it is pstui's own, not PowerShell's
    own: bool = False
    #: whether a connection holds it among its settings, by the TOML key, and not among its values
    setting: bool = False
    #: whether it is a switch that only says which set is meant: on, and nothing to be chosen
    fixed: bool = False
    #: returns what is wrong with one text of a list, empty where it can be used
    check: Callable[[str], str] | None = None

    #: the TOML key, made of the name: ``vm_name`` for ``VMName``
    key: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _BETWEEN_WORDS.sub("_", self.name).lower())

    def within(self, parameter_set: ParameterSet) -> Option:
        """Return the option as a dialog shows it for one set: with that set's default."""
        return replace(self, default_text=self.set_defaults.get(parameter_set, self.default_text))
