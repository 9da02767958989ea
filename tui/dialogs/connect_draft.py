"""A connection in the making: the parameter set that was chosen and the texts in its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.addresses import parse_ssh_host, take_apart
from pstui.backends.binding.checks import DEFAULT_URI
from pstui.backends.binding.codec import CredentialLookup, by_name_only, read, shown
from pstui.backends.binding.connections import connection_info, parameter_set_of
from pstui.backends.binding.context import BindContext, BoundCall
from pstui.backends.binding.declaration import Option, OptionKind
from pstui.backends.binding.line import bind_line
from pstui.backends.binding.lookups import not_available
from pstui.backends.binding.parameters import (
    SETTINGS,
    cmdlet,
    is_of_profiles,
    option,
    options_of,
    profile_options_of,
)
from pstui.backends.binding.session_options import SESSION_OPTIONS
from pstui.backends.binding.values import ConversionError
from pstui.backends.binding.writer import line_of
from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.errors import CallError

#: comes before the name of a session option among the texts
SESSION_OPTION = "SessionOption."
_SETTINGS = {name: item.key for name, item in SETTINGS.items()}


class FieldProblem(CallError):
    """A field that is wrong. ``name`` is its option's, a session option's with ``SessionOption.`` before it."""

    def __init__(self, name: str, why: str, hint: str = "") -> None:
        super().__init__(f"{name.rpartition('.')[2]}: {why}", "", hint)
        self.name = name


class FieldsMissing(CallError):
    """Values that the set needs are not given yet. ``names`` are their options."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"Still needed: {', '.join(names)}")
        self.names = names


@dataclass
class Draft:
    """What the dialog holds. ``texts`` has no entry, or an empty one, for what is not given."""

    parameter_set: ParameterSet = ParameterSet.COMPUTER_NAME
    texts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, info: ConnectionInfo) -> Draft:
        """Return the draft of a connection."""
        return cls.of_values(info.parameter_set, info.values, info.settings)

    @classmethod
    def of_call(cls, call: BoundCall) -> Draft:
        """Return the draft of a call that may lack values."""
        return cls.of_values(parameter_set_of(call), call.values, call.settings)

    @classmethod
    def of_values(cls, parameter_set: ParameterSet, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Draft:
        """Return the draft of values by PowerShell's names and settings by TOML key."""
        texts: dict[str, str] = {}
        for item in profile_options_of(parameter_set):
            value = settings.get(item.key) if item.name in _SETTINGS else values.get(item.name)
            if value is None:
                continue
            if item.kind is OptionKind.SESSION_OPTION:
                for sub in SESSION_OPTIONS:
                    if sub.name in value:
                        texts[SESSION_OPTION + sub.name] = shown(sub, value[sub.name])
            elif item.kind is OptionKind.SESSION:
                texts[item.name] = str(value.instance_id)
            elif item.kind is OptionKind.CREDENTIAL:
                texts[item.name] = str(settings.get("credential") or shown(item, value))
            else:
                texts[item.name] = shown(item, value)
        return cls(parameter_set, texts)

    @classmethod
    def of_table(cls, parameter_set: ParameterSet, table: Mapping[str, Any]) -> Draft:
        """Return the draft of a profile's keys, as the file has them."""
        texts = {i.name: shown(i, table[i.key]) for i in profile_options_of(parameter_set) if i.key in table}
        options = table.get("session_option")
        if isinstance(options, Mapping):
            texts.pop("SessionOption", None)
            texts |= {SESSION_OPTION + i.name: shown(i, options[i.key]) for i in SESSION_OPTIONS if i.key in options}
        return cls(parameter_set, texts)

    def text(self, name: str) -> str:
        """Return the text of a field without blanks around it."""
        return self.texts.get(name, "").strip()

    def missing(self) -> tuple[str, ...]:
        """Return the options that must still be given."""
        needed = (
            item.name
            for item in options_of(self.parameter_set)
            if (item.sets[self.parameter_set].mandatory or self.parameter_set.is_lookup) and not item.fixed
        )
        return tuple(name for name in needed if not self.text(name))

    def problems(self, credentials: CredentialLookup = by_name_only) -> dict[str, FieldProblem]:
        """Return what is wrong with each field by its name."""
        found: dict[str, FieldProblem] = {}
        for name, item in self.fields():
            if not self.text(name):
                continue
            try:
                self._value(name, item, credentials)
            except FieldProblem as problem:
                found[name] = problem
        return found

    def fields(self) -> list[tuple[str, Option]]:
        """Return the fields of the set by name, the session options after the option that holds them."""
        result: list[tuple[str, Option]] = []
        for item in profile_options_of(self.parameter_set):
            if item.kind is OptionKind.SESSION_OPTION:
                result.extend((SESSION_OPTION + sub.name, sub) for sub in SESSION_OPTIONS)
            else:
                result.append((item.name, item))
        return result

    def from_host(self) -> dict[str, str]:
        """Return the values that HostName itself names, and that win over their own fields."""
        if self.parameter_set is not ParameterSet.SSH_HOST or not self.text("HostName"):
            return {}
        try:
            host = parse_ssh_host(self.text("HostName"))
        except ValueError:
            return {}
        return {"UserName": host.user, "Port": str(host.port or "")}

    def connection(
        self,
        context: BindContext | None = None,
        *,
        defaults: Mapping[str, Any] | None = None,
        credentials: CredentialLookup = by_name_only,
    ) -> ConnectionInfo:
        """Return the connection that the fields mean: what their line gives when it is bound.

        Raises FieldProblem, FieldsMissing, or CallError for values that do not go together.
        """
        context = context or BindContext()
        call = bind_line(self.line(context, credentials), context=context)
        info = connection_info(call, defaults=defaults or {}, credentials=credentials)
        return self._named_credential(info, credentials)

    def line(self, context: BindContext | None = None, credentials: CredentialLookup = by_name_only) -> str:
        """Return the Enter-PSSession line of the fields. Raises FieldProblem, FieldsMissing, CallError."""
        if missing := self.missing():
            raise FieldsMissing(missing)
        return line_of(self._raw(context or BindContext(), credentials))

    def rough_line(self) -> str:
        """Return the line as far as the fields are right."""
        good = dict(self.texts)
        for name in self.problems():
            good.pop(name, None)
        raw = Draft(self.parameter_set, good)
        if self.parameter_set is ParameterSet.SESSION:
            return "Enter-PSSession"
        return line_of(raw._raw(BindContext(), by_name_only))

    def _raw(self, context: BindContext, credentials: CredentialLookup) -> ConnectionInfo:
        values: dict[str, Any] = {}
        settings: dict[str, Any] = {}
        options: dict[str, Any] = {}
        for name, item in self.fields():
            if not self.text(name) or item.fixed:
                continue
            value = self._value(name, item, credentials)
            if (item.kind is OptionKind.SWITCH and not value) or is_of_profiles(name, self.parameter_set):
                continue
            if item.kind is OptionKind.SESSION:
                values[name] = _session(self.text(name), context)
            elif name.startswith(SESSION_OPTION):
                options[item.name] = value
            elif name in _SETTINGS:
                settings[_SETTINGS[name]] = value
            else:
                values[name] = value
        if options:
            values["SessionOption"] = options
        if self.parameter_set is ParameterSet.URI:
            values.setdefault("ConnectionUri", DEFAULT_URI)
        if self.parameter_set is ParameterSet.SSH_HOST and "HostName" in values:
            take_apart(values)
        return ConnectionInfo(self.parameter_set, values, settings=settings)

    def _value(self, name: str, item: Option, credentials: CredentialLookup) -> Any:
        text = self.text(name)
        if item.kind is OptionKind.SESSION:
            return text
        try:
            if name == "HostName":
                parse_ssh_host(text)
            return read(item, text, credentials)
        except ConversionError as error:
            raise FieldProblem(name, error.why, error.hint) from None
        except ValueError as error:
            raise FieldProblem(name, f"{error}.", "Write host, user@host or user@host:port.") from None
        except CallError as error:
            raise FieldProblem(name, error.what, error.hint) from None

    def _named_credential(self, info: ConnectionInfo, credentials: CredentialLookup) -> ConnectionInfo:
        """Keep the name of a saved credential beside its user name: its password has a source."""
        name = self.text("Credential")
        if name and is_of_profiles("Credential", self.parameter_set):
            account = credentials(name)
            values = {"UserName": account.user_name, **info.values, "Credential": account}
            info = ConnectionInfo(info.parameter_set, values, info.profile, info.settings)
        if not name or credentials is by_name_only or "Credential" not in info.values:
            return info
        settings = {**info.settings, "credential": name} if credentials(name).user_name != name else info.settings
        return ConnectionInfo(info.parameter_set, info.values, info.profile, settings)


def _session(text: str, context: BindContext) -> Any:
    for session in context.sessions():
        if text in (str(session.instance_id), str(session.id), session.name):
            return session
    raise not_available(cmdlet("Enter-PSSession"), "InstanceId", text)


def kind_of(name: str) -> Option:
    """Return the option of a field's name. Raises KeyError."""
    if name.startswith(SESSION_OPTION):
        return next(item for item in SESSION_OPTIONS if SESSION_OPTION + item.name == name)
    return option(name)
