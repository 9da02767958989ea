"""Which guard holds for a connection: that of its profile or group, and those of its tags; the strictest counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.config.profiles import folded
from pstui.tui.guard.rules import Held, Mode, Rules
from pstui.tui.profiles.listed import FOUND_IN
from pstui.tui.profiles.pane_settings import is_color
from pstui.tui.profiles.reading import Profiles
from pstui.tui.profiles.targets import target_of_keys
from pstui.tui.sidebar.model import target_text

_STRICTNESS = (Mode.OFF, Mode.CONFIRM, Mode.READ)


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard that holds. ``word`` is whose it is: a group's path, a tag, a profile; ``color`` may be empty."""

    mode: Mode
    word: str
    color: str = ""
    rules: Rules = field(default_factory=Rules)

    @property
    def reads_only(self) -> bool:
        """Whether only reading lines are let through."""
        return self.mode is Mode.READ

    def judge(self, text: str) -> tuple[Held, ...]:
        """Return what is held of a text; nothing where it may run."""
        return self.rules.judge(text, self.mode)


class Guards:
    """The guards of a configuration. A connection that no profile has made has that of one that leads there, too."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._tags = {folded(tag): keys for tag, keys in profiles.configuration.tags.items()}
        settings = profiles.settings
        self._rules = Rules(tuple(settings.get("guard_hold", ())), tuple(settings.get("guard_pass", ())))
        self._known: dict[tuple[str, str], Guard | None] = {}
        self._by_target: dict[str, list[tuple[str, str]]] | None = None

    def of(self, info: ConnectionInfo) -> Guard | None:
        """Return the guard of a connection, None where there is none."""
        info = getattr(info.values.get("Session"), "info", info)
        kind = info.parameter_set.kind
        if info.profile in self._profiles.tables.get(kind, {}):
            return self._of_profile(kind, info.profile)
        if info.parameter_set.is_lookup or not self._profiles.has_guards:
            return None
        leading = [self._of_profile(*each) for each in self._leading_to(target_text(info))]
        return strictest([*leading, *(self._of_group(name) for name in info.settings.get(FOUND_IN, ()))])

    def _of_group(self, name: str) -> Guard | None:
        """Return what a tag says, or a group and those above it: those an inventory has its hosts in."""
        tag = self._tags.get(folded(name), {})
        group = self._profiles.groups.inherited({}, name)
        return strictest(
            self._made(keys, word, str(keys.get("color", "")))
            for keys, word in ((tag, name), (group.values, group.sources.get("guard", name)))
        )

    def _leading_to(self, target: str) -> list[tuple[str, str]]:
        if self._by_target is None:
            self._by_target = {}
            for kind, table in self._profiles.effective.items():
                for name, keys in table.items():
                    self._by_target.setdefault(target_of_keys(keys), []).append((kind, name))
        return self._by_target.get(target, [])

    def _of_profile(self, kind: str, name: str) -> Guard | None:
        if (kind, name) not in self._known:
            self._known[kind, name] = strictest(self._each(kind, name))
        return self._known[kind, name]

    def _each(self, kind: str, name: str) -> Iterator[Guard | None]:
        """Yield every guard that a profile has, one that is off as None."""
        found = self._profiles.inherited(kind, name)
        keys = found.values
        yield self._made(keys, found.sources.get("guard", name), str(keys.get("color", "")))
        for tag in keys.get("tags", ()):
            table = self._tags.get(folded(tag), {})
            yield self._made(table, tag, str(table.get("color") or keys.get("color", "")))

    def _made(self, keys: Mapping[str, Any], word: str, color: str) -> Guard | None:
        mode = Mode(str(keys.get("guard", "off")).casefold())
        return None if mode is Mode.OFF else Guard(mode, word, color if is_color(color) else "", self._rules)


def strictest(guards: Iterable[Guard | None]) -> Guard | None:
    """Return the first of the strictest guards."""
    found = [guard for guard in guards if guard is not None]
    return max(found, key=lambda guard: _STRICTNESS.index(guard.mode)) if found else None
