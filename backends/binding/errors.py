"""The refusals of the binder: PowerShell's error ids (protocol-notes 1.3), messages of ours that say what to do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pstui.backends.binding.context import BoundCall
from pstui.backends.binding.parameters import Cmdlet
from pstui.backends.errors import CallError
from pstui.backends.redaction import without_login


class BindingError(CallError):
    """A call that does not bind. ``place`` is the mistake's place in the line, in code points; -1 if it has none.

    ``common`` holds the common parameters where the cmdlet itself reports the error, so that they act on it.
    """

    place: int = -1
    length: int = 1
    common: Mapping[str, Any] = MappingProxyType({})


class MissingMandatory(BindingError):
    """A call that is right but for values it lacks: a dialog may ask for them.

    ``missing`` holds their names, ``call`` what is bound so far.
    """

    missing: tuple[str, ...] = ()
    call: BoundCall | None = None


def refusal(cmdlet: Cmdlet, error_id: str, what: str, why: str = "", hint: str = "") -> BindingError:
    """Return a refusal whose id carries the cmdlet's suffix."""
    return BindingError(f"{cmdlet.name}: {what}", why, hint, error_id=f"{error_id},{cmdlet.id_suffix}")


def invalid_argument(cmdlet: Cmdlet, name: str, why: str, hint: str = "") -> BindingError:
    """A value of the right type that the parameter does not allow."""
    return refusal(cmdlet, "ParameterArgumentValidationError", f"the value of -{name} is not allowed", why, hint)


def null_mandatory(cmdlet: Cmdlet, name: str) -> BindingError:
    """Nothing given where a value must be."""
    error_id = "ParameterArgumentValidationErrorNullNotAllowed"
    return refusal(cmdlet, error_id, f"-{name} needs a value", "It is mandatory, and its value is empty.")


def empty_mandatory(cmdlet: Cmdlet, name: str) -> BindingError:
    """A list of nothing given where a value must be."""
    error_id = "ParameterArgumentValidationErrorEmptyArrayNotAllowed"
    return refusal(cmdlet, error_id, f"-{name} needs a value", "It is mandatory, and its list is empty.")


def not_convertible(cmdlet: Cmdlet, name: str, error_id: str, why: str, hint: str = "") -> BindingError:
    """A value that cannot become the parameter's type."""
    return refusal(cmdlet, error_id, f"the value of -{name} does not fit", why, hint)


def excluded(cmdlet: Cmdlet, name: str, why: str, hint: str = "") -> BindingError:
    """A value that the cmdlet refuses because of another one (protocol-notes 1.7)."""
    return refusal(cmdlet, "ParameterBindingFailed", f"-{name} cannot be used here", why, hint)


def unknown_name(cmdlet: Cmdlet, name: str, near: Iterable[str]) -> BindingError:
    """No parameter has this name or this beginning."""
    close = ", ".join(f"-{other}" for other in near)
    hint = f"Close to it: {close}." if close else f"Its parameters: {_own_names(cmdlet)}."
    return refusal(cmdlet, "NamedParameterNotFound", f"there is no parameter -{name}", "", hint)


def ambiguous_name(cmdlet: Cmdlet, name: str, matches: Iterable[str]) -> BindingError:
    """The name is the beginning of several parameters."""
    listed = ", ".join(f"-{match}" for match in matches)
    return refusal(
        cmdlet, "AmbiguousParameter", f"-{name} could mean several parameters", f"{listed}.", "Write it out."
    )


def missing_value(cmdlet: Cmdlet, name: str) -> BindingError:
    """A parameter that takes a value has none."""
    hint = f"Write it after the name: -{name} VALUE."
    return refusal(cmdlet, "MissingArgument", f"-{name} has no value", "", hint)


def bound_twice(cmdlet: Cmdlet, name: str) -> BindingError:
    """One parameter given more than once."""
    why = "Names, aliases and shortened names of one parameter count as the same."
    return refusal(cmdlet, "ParameterAlreadyBound", f"-{name} is given more than once", why, "Leave one of them out.")


def extra_argument(cmdlet: Cmdlet, text: str) -> BindingError:
    """A value that no position takes."""
    hint = "Put the name of its parameter before it; a value with blanks needs quotes."
    return refusal(cmdlet, "PositionalParameterNotFound", f"no parameter takes the value {quoted(text)}", "", hint)


def ambiguous_set(cmdlet: Cmdlet, given: Iterable[str], hint: str = "", *, lacking: Iterable[str] = ()) -> BindingError:
    """The given parameters have no set in common, or too many; ``lacking`` are those that would tell which."""
    given = tuple(given)
    names = ", ".join(f"-{name}" for name in given) or "nothing"
    listed = ", ".join(f"-{name}" for name in lacking)
    if listed:
        what = "what is given does not say which parameter set is meant"
        return refusal(cmdlet, "AmbiguousParameterSet", what, f"Given: {names}.", f"Add one of: {listed}.")
    why = f"Given: {names}. No single way of calling it takes exactly these."
    pair = None if hint else _apart(cmdlet, given)
    if pair is not None:
        why, hint = f"-{pair[0]} and -{pair[1]} cannot be used together.", "Leave one of the two out."
    hint = hint or "Leave out the one that names another kind of target."
    return refusal(cmdlet, "AmbiguousParameterSet", "these parameters do not belong together", why, hint)


def missing_mandatory(cmdlet: Cmdlet, names: Iterable[str], *, piped: bool = False) -> MissingMandatory:
    """The set is clear, but lacks a value that it needs. ``error.missing`` lists the names."""
    error_id = "InputObjectMissingMandatory" if piped else "MissingMandatoryParameter"
    names = tuple(names)
    listed = ", ".join(f"-{name}" for name in names)
    error = MissingMandatory(
        f"{cmdlet.name}: {listed} must be given",
        "",
        f"Add {listed} with a value.",
        error_id=f"{error_id},{cmdlet.id_suffix}",
    )
    error.missing = names
    return error


def sentence(reason: object) -> str:
    """Return a reason, written as part of a sentence, as one of its own."""
    text = str(reason)
    return f"{text[:1].upper()}{text[1:]}."


def quoted(text: str) -> str:
    """Return text for a message: shortened, control characters made visible, in quotes, no password in an address."""
    text = without_login(text)
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text[:80])
    return f"“{shown}{'…' if len(text) > 80 else ''}”"


def _apart(cmdlet: Cmdlet, given: Sequence[str]) -> tuple[str, str] | None:
    """Return the first two of the parameters that have no set in common."""
    known = [cmdlet.parameters[name] for name in given if name in cmdlet.parameters and cmdlet.parameters[name].sets]
    for one, other in itertools.combinations(known, 2):
        if not set(one.sets) & set(other.sets):
            return one.name, other.name
    return None


def _own_names(cmdlet: Cmdlet) -> str:
    own = [f"-{p.name}" for p in cmdlet.parameters.values() if not p.common and not p.own]
    return ", ".join(own[:12]) + (", …" if len(own) > 12 else "") or "none of its own"
