"""PowerShell's parameter binding for the session cmdlets, with PowerShell's rules and error ids (protocol-notes 1).

How this works. Arguments come as elements: names (``-HostName``) and values. Who reads them from a shell or from a
line is in ``line``. ``pairs`` gives each name its value: a name is looked up exactly, then as an alias, then as
the beginning of one parameter (protocol-notes 1.11). ``_Binding`` then does what PowerShell does, in its order:

1. Each named value is converted and checked (``conversion``), and the sets that lack its parameter drop out.
2. The values without a name go to positions, lowest first. Each position is tried in the default set before the
   others, and without a conversion before one with it; a value that fits nowhere is an error in the end.
3. What comes through the pipe is bound to the parameters that take it, by the same rule.
4. One set is chosen: the only one left, else the default set, else the only one that lacks nothing.
5. What the set needs and has not got is refused as ``MissingMandatory``, so that a dialog can ask for it.
6. ``checks.finish`` checks what the cmdlet itself checks, and the result is a ``BoundCall``.

pstui's own parameters match by their exact names only, so that a shortened name means what it means in PowerShell.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pstui.backends.binding import errors
from pstui.backends.binding.checks import finish
from pstui.backends.binding.context import BindContext, BoundCall, is_session
from pstui.backends.binding.conversion import bind_value, check_authentication
from pstui.backends.binding.declaration import Use
from pstui.backends.binding.parameters import SETTINGS, Cmdlet, Parameter, cmdlet, cmdlet_name, object_cmdlet_name
from pstui.backends.binding.values import Value, fits, shell_number
from pstui.backends.errors import CallError
from pstui.backends.records import Record

#: hyphen, en dash, em dash and horizontal bar: PowerShell takes each for the dash of a parameter
DASHES = "-\u2013\u2014\u2015"
_NAME = re.compile(rf"[{DASHES}](?P<name>[^\x00-\x3e@\[-^`{{-\x7f][^:\s.]*)(?P<colon>:?)(?P<rest>.*)\Z", re.DOTALL)
_CONSTANTS = {"$true": True, "$false": False, "$null": None}


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter's name as written, without dash and colon; ``colon`` says that the next argument belongs to it."""

    name: str
    text: str
    colon: bool = False
    shell: bool = False
    place: int = -1
    #: whether it comes from a splatted hashtable: the same parameter written out goes before it
    splatted: bool = False


Element = Name | Value


def shell_elements(arguments: Sequence[str]) -> list[Element]:
    """Read arguments that came from a shell, so without their quotes.

    A text that begins with a dash and a letter is a parameter's name; after ``--`` nothing is. Digits are a number,
    ``$true``, ``$false`` and ``$null`` are what they are in PowerShell. Everything else stays text; what it becomes is
    decided by the parameter that takes it: a list may be written ``a,b``, a hashtable ``@{a='b'}``, an object as an
    expression in parentheses.
    """
    elements: list[Element] = []
    names = True
    for index, text in enumerate(arguments):
        match = _NAME.match(text) if names else None
        if names and text == "--":
            names = False
        elif match is None:
            elements.append(shell_value(text, index))
        else:
            elements.append(Name(match["name"], text, bool(match["colon"]), True, index))
            if match["rest"]:
                elements.append(shell_value(match["rest"], index))
    return elements


def shell_value(text: str, place: int = -1) -> Value:
    """Return one argument of a shell as a value: constants and numbers are told from text."""
    if text.casefold() in _CONSTANTS:
        return Value(_CONSTANTS[text.casefold()], text, True, place)
    number = shell_number(text)
    return Value(text if number is None else number, text, True, place)


def find_parameter(cmdlet: Cmdlet, name: str) -> Parameter | None:
    """Return the parameter that a name means: exact name or alias, else a unique beginning, an own one first.

    None if there is none; raises CallError (AmbiguousParameter) for the beginning of several.
    """
    wanted = name.casefold()
    parameters = cmdlet.parameters.values()
    for parameter in parameters:
        if wanted == parameter.name.casefold() or wanted in (alias.casefold() for alias in parameter.aliases):
            return parameter
    if not wanted:
        return None
    for common in (False, True):
        matches = [p for p in parameters if p.common is common and not p.own and _begins(p, wanted)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            shown = [p.name for p in parameters if not p.own and _begins(p, wanted)]
            raise errors.ambiguous_name(cmdlet, name, shown)
    return None


def near_names(cmdlet: Cmdlet, name: str) -> list[str]:
    """Return the names of parameters that look like ``name``."""
    names = {p.name.casefold(): p.name for p in cmdlet.parameters.values()}
    import difflib

    return [names[found] for found in difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.6)]


def pairs(cmdlet: Cmdlet, elements: Sequence[Element]) -> tuple[list[tuple[Parameter, Value]], list[Value], list[Name]]:
    """Give each name its value: (parameters with values, values without a name, names that mean nothing).

    Raises CallError: AmbiguousParameter, MissingArgument.
    """
    named: list[tuple[Parameter, Value]] = []
    splatted: list[tuple[Parameter, Value]] = []
    loose: list[Value] = []
    unknown: list[Name] = []
    index = 0
    while index < len(elements):
        element = elements[index]
        index += 1
        if isinstance(element, Value):
            loose.append(element)
            continue
        parameter = find_parameter(cmdlet, element.name)
        following = elements[index] if index < len(elements) else None
        if parameter is None:
            unknown.append(element)
            if element.colon and isinstance(following, Value):
                index += 1
        elif parameter.is_switch and not element.colon:
            named.append((parameter, Value(True, "", element.shell, element.place)))
        else:
            (splatted if element.splatted else named).append((parameter, _following(cmdlet, parameter, following)))
            index += 1
    written = [parameter.name for parameter, _ in named]
    return named + [each for each in splatted if each[0].name not in written], loose, unknown


def _following(cmdlet: Cmdlet, parameter: Parameter, following: Element | None) -> Value:
    if isinstance(following, Value):
        return following
    # a dash that begins no parameter's name is the value itself, as in -Subsystem -x
    if following is None or following.colon or find_parameter(cmdlet, following.name) is not None:
        raise errors.missing_value(cmdlet, parameter.name)
    return Value(following.text, following.text, following.shell, following.place)


def _begins(parameter: Parameter, wanted: str) -> bool:
    return any(name.casefold().startswith(wanted) for name in (parameter.name, *parameter.aliases))


def bind_elements(
    name: str, elements: Sequence[Element], context: BindContext, *, piped: Value | None = None
) -> BoundCall:
    """Bind arguments that are read already; ``piped`` is the value that comes through the pipe."""
    full = cmdlet_name(name) or object_cmdlet_name(name)
    if full is None:
        what = f"pstui has no cmdlet {errors.quoted(name)}"
        hint = "pstui knows the session cmdlets: Enter-, New-, Get-, Exit-, Remove-, Disconnect-, Connect- and "
        hint += "Receive-PSSession, New-PSSessionOption and Invoke-Command."
        raise CallError(what, "", hint, error_id="CommandNotFoundException")
    if any(isinstance(element, Name) and element.name == "?" for element in elements):
        return BoundCall("Get-Help", "AllUsersView", MappingProxyType({"Name": full}))
    return _Binding(cmdlet(full, what_if=context.allow_what_if), context).run(elements, piped)


@contextlib.contextmanager
def blaming(element: Element) -> Iterator[None]:
    """Note in a refusal the argument that it is about, if the argument has a place in a line."""
    try:
        yield
    except errors.BindingError as error:
        if error.place < 0 and not element.shell:
            error.place, error.length = element.place, len(element.text)
        raise


class _Binding:
    """One binding under way: what is bound so far and which sets are still possible."""

    def __init__(self, table: Cmdlet, context: BindContext) -> None:
        self.cmdlet, self.context = table, context
        self.bound: dict[str, Any] = {}
        self.common: dict[str, Any] = {}
        self.given: dict[str, Value] = {}
        self.valid = list(table.sets)
        self.positional_error: CallError | None = None
        self.piped = False

    def run(self, elements: Sequence[Element], piped: Value | None) -> BoundCall:
        named, loose, unknown = pairs(self.cmdlet, elements)
        for parameter, value in named:
            if parameter.name in self.given:
                raise errors.bound_twice(self.cmdlet, parameter.name)
            self.assign(parameter, value, mandatory=any(use.mandatory for use in parameter.sets.values()))
        if not self.valid:
            raise errors.ambiguous_set(self.cmdlet, self.bound)
        left = self.bind_positions(loose)
        if unknown:
            with blaming(unknown[0]):
                raise errors.unknown_name(self.cmdlet, unknown[0].name, near_names(self.cmdlet, unknown[0].name))
        if left:
            with blaming(left[0]):
                raise self.positional_error or errors.extra_argument(self.cmdlet, left[0].text)
        if piped is not None:
            self.bind_piped(piped)
            self.piped = True
        chosen = self.choose_set()
        missing = self.missing(chosen)
        if missing:
            error = errors.missing_mandatory(self.cmdlet, missing, piped=piped is not None)
            settings = self.take_settings()
            error.call = BoundCall(self.cmdlet.name, chosen, self.bound, common=self.common, settings=settings)
            raise error
        return self.result(chosen)

    def assign(self, parameter: Parameter, value: Value, *, mandatory: bool) -> None:
        with blaming(value):
            result = bind_value(self.cmdlet, parameter, value, self.context, mandatory=mandatory)
        self.given[parameter.name] = value
        if parameter.common:
            self.common[parameter.name] = result
            return
        self.bound[parameter.name] = result
        check_authentication(self.cmdlet, self.bound, parameter.name)
        if parameter.sets:
            self.valid = [name for name in self.valid if name in parameter.sets]

    def bind_positions(self, loose: Sequence[Value]) -> list[Value]:
        """Bind values by position; returns those that no position took."""
        left: list[Value] = []
        queue = list(loose)
        positions = sorted({use.position for _, use in self.open_uses() if use.position is not None})
        for position in positions:
            if not queue:
                break
            if not any(use.position == position for _, use in self.open_uses()):
                continue
            value = queue.pop(0)
            if not self.bind_at(position, value):
                left.append(value)
        return left + queue

    def open_uses(self, sets: Iterable[str] | None = None) -> list[tuple[Parameter, Use]]:
        """Return what is unbound, with its use, in the sets that are still possible."""
        sets = self.valid if sets is None else sets
        return [
            (parameter, use)
            for parameter in self.cmdlet.parameters.values()
            if parameter.name not in self.given
            for use in (parameter.sets.get(name) for name in sets)
            if use is not None
        ]

    def bind_at(self, position: int, value: Value) -> bool:
        return self.try_each(value, lambda use: use.position == position)

    def bind_piped(self, piped: Value) -> None:
        """Bind an object of the pipe: as it is, else its properties by their names, else converted.

        PowerShell converts the whole object before its properties (protocol-notes 1.12), which makes of a custom object
        the name of a computer that cannot be; here its properties are converted, too.
        """
        from pstui.backends.binding.members import properties  # what comes through a pipe seldom does

        named = properties(piped.value)
        if self.try_each(piped, lambda use: use.pipeline, (False,)) or self.bind_properties(named):
            return
        if isinstance(piped.value, Mapping | Record):
            raise self.no_property(named)
        if not self.try_each(piped, lambda use: use.pipeline, (True,)):
            taken = ", ".join(dict.fromkeys(p.name for p, use in self.open_uses() if use.pipeline))
            hint = f"From the pipe it takes: {taken}." if taken else "It takes nothing from the pipe."
            what = "what comes through the pipe fits no parameter"
            raise errors.refusal(self.cmdlet, "InputObjectNotBound", what, "", hint)

    def bind_properties(self, named: Mapping[str, Any]) -> bool:
        """Bind the properties of an object to the parameters of their names; the default set's come first."""
        values = {str(name).casefold(): value for name, value in named.items()}
        from pstui.backends.binding.members import text_of

        default = [self.cmdlet.default_set] if self.cmdlet.default_set in self.valid else []
        bound = False
        for coerce in (False, True) if values else ():
            for sets in (default, self.valid):
                if bound:
                    break  # what the default set takes decides the set, as in PowerShell
                for parameter, use in self.open_uses(sets):
                    key = next(
                        (n.casefold() for n in (parameter.name, *parameter.aliases) if n.casefold() in values), ""
                    )
                    is_open = parameter.name not in self.given and not set(parameter.sets).isdisjoint(self.valid)
                    if not (use.by_property and key and is_open):
                        continue
                    value = Value(values[key], text_of(values[key]))
                    if coerce or fits(value.value, parameter.type):
                        bound = self.try_assign(parameter, value, use) or bound
        return bound

    def no_property(self, named: Mapping[str, Any]) -> CallError:
        """Return the refusal of an object whose properties name nothing; the id is that of the measured cmdlet."""
        error_id = {"Enter-PSSession": "System.UriFormatException", "New-PSSession": "PSSessionInvalidComputerName"}
        names = {str(name).casefold() for name in named}
        taken = ", ".join(dict.fromkeys(p.name for p, use in self.open_uses() if use.by_property))
        what = "no property of the object names a parameter that takes its value from the pipe"
        hint = f"Taken are: {taken}." if taken else "It takes nothing from the pipe."
        if other := next((p.name for p in self.cmdlet.parameters.values() if p.name.casefold() in names), ""):
            hint += (
                f" -{other} is not: write -{other} $object.{other}, or splat a hashtable, {self.cmdlet.name} @table."
            )
        why = f"It has: {', '.join(map(str, named))}." if named else "It has none."
        return errors.refusal(self.cmdlet, error_id.get(self.cmdlet.name, "InputObjectNotBound"), what, why, hint)

    def try_assign(self, parameter: Parameter, value: Value, use: Use) -> bool:
        """Bind a value if it can be converted; one of the right type that is not allowed is refused."""
        try:
            self.assign(parameter, value, mandatory=use.mandatory)
        except CallError as error:
            if error.error_id.startswith("ParameterArgumentValidationError"):
                raise
            self.positional_error = self.positional_error or error
            return False
        return True

    def try_each(self, value: Value, wanted: Any, coercions: Sequence[bool] = (False, True)) -> bool:
        """Try the default set, then the others, first only where the type fits already, then with conversion."""
        default = [self.cmdlet.default_set] if self.cmdlet.default_set in self.valid else []
        for coerce in coercions:
            for sets in (default, self.valid):
                for parameter, use in self.open_uses(sets):
                    if not wanted(use) or not (coerce or self.fits(parameter, value)):
                        continue
                    if self.try_assign(parameter, value, use):
                        return True
        return False

    def fits(self, parameter: Parameter, value: Value) -> bool:
        """True if a value has the type; a shell's text is also a script block where nothing else takes it."""
        if value.shell and isinstance(value.value, str):
            text = value.value.strip()
            if parameter.type == "ScriptBlock":
                return "ComputerName" in self.bound or (text.startswith("{") and text.endswith("}"))
            if parameter.name == "FilePath" or (text.startswith("{") and text.endswith("}")):
                return False
            if text.startswith("$") and "PSSession" in parameter.type:
                return is_session(self.context.variables.get(text[1:].casefold()))
        return fits(value.value, parameter.type)

    def choose_set(self) -> str:
        if len(self.valid) == 1:
            return self.valid[0]
        if not self.valid:
            raise errors.ambiguous_set(self.cmdlet, self.bound)
        if self.cmdlet.default_set in self.valid:
            return self.cmdlet.default_set
        complete = [name for name in self.valid if not self.missing(name)]
        if len(complete) == 1:
            return complete[0]
        lacking = dict.fromkeys(missing[0] for name in self.valid if len(missing := self.missing(name)) == 1)
        raise errors.ambiguous_set(self.cmdlet, self.bound, lacking=lacking)

    def missing(self, parameter_set: str) -> list[str]:
        """Return the mandatory parameters of a set that are not bound; a call without any target lacks none."""
        if self.is_loopback(parameter_set):
            return []
        return [p.name for p, use in self.open_uses([parameter_set]) if use.mandatory]

    def is_loopback(self, parameter_set: str) -> bool:
        """True for Enter-PSSession with no target at all: the newer documentation makes it a loopback session."""
        ours = (one.name for one in self.cmdlet.parameters.values() if one.own and not one.sets)
        neutral = {"EnableNetworkAccess", *ours}
        enters = self.cmdlet.name == "Enter-PSSession" and parameter_set == "ComputerName"
        return enters and set(self.bound) <= neutral

    def take_settings(self) -> dict[str, Any]:
        """Take pstui's own settings, by TOML key, out of what is bound."""
        return {item.key: self.bound.pop(name) for name, item in SETTINGS.items() if name in self.bound}

    def result(self, chosen: str) -> BoundCall:
        settings = self.take_settings()
        if self.is_loopback(chosen):
            chosen = "Process"
        quiet = self.common.get("ErrorAction") in ("SilentlyContinue", "Ignore")
        try:
            done = finish(self.cmdlet, chosen, self.bound, self.given, self.context, quiet=quiet)
        except errors.BindingError as error:
            if error.error_id.startswith("RemoteRunspace"):  # not there: an error that the cmdlet writes
                error.common = MappingProxyType(self.common)
            raise
        return BoundCall(
            self.cmdlet.name,
            done.parameter_set,
            MappingProxyType(done.values),
            tuple(done.notices),
            MappingProxyType(self.common),
            MappingProxyType(settings),
            tuple(done.sessions),
            tuple(done.missed),
            piped=self.piped,
        )
