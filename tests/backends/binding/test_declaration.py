"""What is declared about parameters and their sets says the same wherever it is read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.parameters import (
    OPENING,
    OPTIONS,
    TARGET_KEYS,
    Cmdlet,
    Parameter,
    cmdlet,
    option,
    options_of,
)
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.binding.values import ENUMS
from pstui.backends.connection import ParameterSet
from pstui.backends.transports import registry
from pstui.tui.dialogs import connect_form
from pstui.tui.profiles import schema

SETS = ParameterSet.all()
OPENED = [one for one in SETS if not one.is_lookup]
TYPES = {
    OptionKind.TEXT: {"String", "CultureInfo"},
    OptionKind.PATH: {"String"},
    OptionKind.INTEGER: {"Int32"},
    OptionKind.SWITCH: {"SwitchParameter"},
    OptionKind.GUID: {"Guid"},
    OptionKind.URI: {"Uri"},
    OptionKind.CREDENTIAL: {"PSCredential"},
    OptionKind.TABLE: {"Hashtable", "PSPrimitiveDictionary"},
    OptionKind.CHOICE: {"String", *ENUMS},
    OptionKind.SESSION_OPTION: {"PSSessionOption"},
    OptionKind.SESSION: {"PSSession"},
    OptionKind.LIST: {"String[]"},
}


def uses(item: Option | Parameter, table: Cmdlet) -> Mapping[str, tuple[bool, int | None]]:
    """Return mandatory and position by the name of the set."""
    if isinstance(item, Option):
        return {one.value: (use.mandatory, use.position) for one, use in item.sets.items()}
    known = item.sets or {one: item.use(one) for one in table.sets if not ParameterSet.named(one).is_lookup}
    return {one: (use.mandatory, use.position) for one, use in known.items() if use is not None}


@pytest.mark.parametrize("item", OPTIONS, ids=lambda item: item.name)
def test_an_option_is_what_the_cmdlet_takes(item: Option) -> None:
    table = cmdlet("Enter-PSSession")
    parameter = table.parameters[item.name]
    assert parameter.aliases == item.aliases
    assert parameter.own == item.own
    assert parameter.type in TYPES[item.kind]
    assert uses(parameter, table) == uses(item, table)


def limits(parameter: Parameter) -> str:
    return next((rule for rule in parameter.validation if rule.startswith(("Range", "Set S"))), "")


@pytest.mark.parametrize("item", OPTIONS, ids=lambda item: item.name)
def test_limits_are_the_same_in_a_line_and_in_a_field(item: Option) -> None:
    rule = limits(cmdlet("Enter-PSSession").parameters[item.name])
    if item.minimum == -(1 << 31):
        assert not rule  # every number that fits
    elif item.minimum is not None:
        assert rule == f"Range {item.minimum}..{item.maximum}"
    elif item.choices and item.own:
        assert rule == f"Set {','.join(item.choices)}"
    else:
        assert not rule
    if item.name == "Authentication":
        assert item.choices == tuple(ENUMS["AuthenticationMechanism"])


@pytest.mark.parametrize("name", OPENING)
def test_every_cmdlet_that_opens_takes_our_own_with_the_set_they_belong_to(name: str) -> None:
    table = cmdlet(name)
    for item in (item for item in OPTIONS if item.own):
        theirs = {one.value for one in item.sets if not one.own}
        if len(item.sets) == len(OPENED):
            assert not table.parameters[item.name].sets
        elif not theirs:
            assert (item.name in table.parameters) == (name == "Enter-PSSession")
        else:
            found = {one.removeprefix("FilePath") for one in table.parameters[item.name].sets}
            assert found == {one.removeprefix("FilePath") for one in found & theirs}


def test_the_session_options_are_the_parameters_that_make_them() -> None:
    table = cmdlet("New-PSSessionOption")
    assert [item.parameter for item in SESSION_OPTIONS] == [p.name for p in table.parameters.values() if not p.common]
    for item in SESSION_OPTIONS:
        parameter = table.parameters[item.parameter]
        assert parameter.aliases == item.aliases
        assert parameter.type in TYPES[item.kind]
        rule = limits(parameter)
        if rule:
            assert rule == f"Range {item.minimum}..{item.maximum}"


def test_every_set_that_opens_has_one_target_and_stands_in_one_table() -> None:
    assert set(TARGET_KEYS.values()) == set(OPENED)
    targets = {table: keys for table, keys in schema.schema().targets.items() if table != "inventory"}
    assert sorted(key for keys in targets.values() for key in keys) == sorted(TARGET_KEYS)
    for key, one in TARGET_KEYS.items():
        assert list(option(key).sets) == [one]
        assert key in targets[f"{one.kind}s"]


def test_the_dialog_and_the_transports_know_every_set() -> None:
    assert sorted(one.value for entry in connect_form.ENTRIES for one in entry.sets) == sorted(s.value for s in SETS)
    assert {one for kind in registry.kinds() for one in kind.parameter_sets} == set(OPENED)
    for one in SETS:
        assert options_of(one)


def test_a_profile_holds_what_its_sets_take() -> None:
    tables = schema.schema()
    for one in OPENED:
        table = tables.named[f"{one.kind}s"]
        assert {item.key for item in options_of(one)} <= set(table)
    for item in OPTIONS:
        known = [table[item.key] for table in tables.named.values() if item.key in table]
        if item.kind is not OptionKind.CREDENTIAL:
            assert all((spec.minimum, spec.maximum) == (item.minimum, item.maximum) for spec in known)
            assert all(spec.choices == item.choices for spec in known)
