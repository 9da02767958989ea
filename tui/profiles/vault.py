"""Passwords for profiles, fetched from the source that the file names when a session opens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pstui.backends.connection import ConnectionInfo, ParameterSet
from pstui.backends.credentials import ASKED_FOR, LoginPassword, PSCredential, Secret
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.threads import in_thread
from pstui.config.problems import ConfigError
from pstui.config.sources import fetch_password

if TYPE_CHECKING:
    from pstui.backends.console import Console
    from pstui.backends.sessions.manager import SessionManager
    from pstui.tui.profiles.book import ProfileBook

    #: raises OpenError for what keeps a session from being opened whatever the password is
    Check = Callable[[ConnectionInfo, Console], Awaitable[None]]

Credentials = Callable[[], Mapping[str, Mapping[str, Any]]]


async def nothing_to_check(info: ConnectionInfo, console: Console) -> None:
    """Know nothing before a password is asked for."""


class Vault:
    """The passwords of this run. ``credentials`` returns the ``[credentials]`` tables as they are now.

    A password that opened a session is used for every other one with the same credential. One that failed is forgotten,
    so that the next attempt asks for it or fetches it again.
    """

    def __init__(
        self,
        credentials: Credentials,
        fetch: Callable[[dict[str, Any]], str | None] = fetch_password,
        *,
        hosts: Callable[[str], ConnectionInfo | None] = lambda name: None,
    ) -> None:
        self._credentials, self._fetch, self._hosts = credentials, fetch, hosts
        #: is asked before a person is
        self.check: Check = nothing_to_check
        self._known: dict[str, Secret] = {}
        self._proved: set[str] = set()
        self._turns: dict[str, asyncio.Lock] = {}
        #: what a person typed: by the credential's name, and by the profile's for a host of SSH that names none
        self._typed: dict[str, PSCredential] = {}

    @classmethod
    def of(cls, book: ProfileBook, sessions: SessionManager) -> Vault:
        """Return the one for the profiles of a book; it asks a person once a session could open otherwise."""
        vault = cls(lambda: book.profiles.configuration.credentials, hosts=book.gate)
        vault.check = getattr(sessions, "check", vault.check)  # one that stands in for it opens nothing
        return vault

    async def ready(self, info: ConnectionInfo, console: Console) -> ConnectionInfo:
        """Return ``info`` with the passwords of its named credentials, and with its gates that are saved hosts.

        Over SSH a key may be all that is needed: what fetches the password goes with the connection. Raises OpenError,
        OpenCancelled.
        """
        info = self._with_gates(info)
        if info.parameter_set is ParameterSet.SSH_HOST:
            return replace(info, settings=MappingProxyType({**info.settings, ASKED_FOR: self._of_login(info)}))
        values = dict(info.values)
        credential = values.get("Credential")
        name = self._name(info)
        if isinstance(credential, PSCredential) and credential.password is None and name in self._credentials():
            if not info.settings.get("credential"):
                credential = replace(credential, user_name=str(self._credentials()[name].get("user_name", name)))
            values["Credential"] = await self._filled(name, credential, info, console)
        options = values.get("SessionOption")
        proxy = options.get("ProxyCredential") if isinstance(options, Mapping) else None
        if isinstance(options, Mapping) and isinstance(proxy, PSCredential) and proxy.password is None:
            name = self._named(proxy.user_name)
            if name:
                filled = await self._filled(name, proxy, info, console)
                values["SessionOption"] = MappingProxyType({**options, "ProxyCredential": filled})
        if values == info.values:
            return info
        return replace(info, values=MappingProxyType(values))

    def _with_gates(self, info: ConnectionInfo) -> ConnectionInfo:
        gates: dict[str, ConnectionInfo] = {}
        for name in [one.strip() for one in str(info.settings.get("via") or "").split(",")]:
            if name and (found := self._hosts(name)) is not None:
                gates[name] = found
        return replace(info, settings=MappingProxyType({**info.settings, "gates": gates})) if gates else info

    def opened(self, info: ConnectionInfo) -> None:
        """The session opened: its password is right."""
        self._proved.add(self._name(info))

    def failed(self, info: ConnectionInfo) -> None:
        """The session did not open: a password that never opened one is not used again."""
        name = self._name(info)
        if name not in self._proved:
            self._known.pop(name, None)
            self._typed.pop(self._slot(info), None)

    def typed(self, info: ConnectionInfo) -> PSCredential | None:
        """Return the account and the password that were typed to open a session, None where nothing was."""
        return self._typed.get(self._slot(info))

    def named(self, info: ConnectionInfo) -> str:
        """Return the name of the credential that a connection means, empty where it names none."""
        return self._name(info)

    def kept(self, info: ConnectionInfo) -> None:
        """What was typed has a place of its own now, or shall not be offered to be kept again."""
        self._typed.pop(self._slot(info), None)

    def forget(self, name: str) -> None:
        """A credential was edited: its password is fetched or asked for again."""
        self._known.pop(name, None)
        self._typed.pop(name, None)
        self._proved.discard(name)

    def _name(self, info: ConnectionInfo) -> str:
        """Return which credential a connection means: that of its profile, or the one a call gives by its name."""
        name, given = str(info.settings.get("credential", "")), info.values.get("Credential")
        if not name and isinstance(given, PSCredential) and given.user_name in self._credentials():
            return given.user_name
        return name

    def _slot(self, info: ConnectionInfo) -> str:
        return self._name(info) or f"{info.parameter_set.kind}:{info.profile}"

    def _of_login(self, info: ConnectionInfo) -> LoginPassword:
        name = self._name(info)

        async def fetch() -> Secret | None:
            async with self._turns.setdefault(name, asyncio.Lock()):
                source = self._credentials().get(name, {}).get("password")
                if name and name not in self._known and source is not None:
                    found = await self._fetched(name, dict(source), info.label)
                    if found is not None:
                        self._known[name] = found
                return self._known.get(name) if name else None

        def typed(user: str, answer: Secret) -> None:
            self._typed[self._slot(info)] = PSCredential(user, answer)
            if name:
                self._known[name] = answer

        return LoginPassword(fetch, typed)

    def _named(self, user_name: str) -> str:
        tables = self._credentials().items()
        return next((name for name, table in tables if table.get("user_name", name) == user_name), "")

    async def _filled(
        self, name: str, credential: PSCredential, info: ConnectionInfo, console: Console
    ) -> PSCredential:
        async with self._turns.setdefault(name, asyncio.Lock()):
            if name not in self._known:
                source = self._credentials().get(name, {}).get("password")
                found = None if source is None else await self._fetched(name, dict(source), info.label)
                if found is None:
                    await self.check(info, console)
                    from pstui.tui.plain import plain

                    label = f"Password for {plain(credential.user_name, limit=200)}: "
                    self._known[name] = answer = await _ask(label, info.label, console)
                    self._typed[name] = PSCredential(credential.user_name, answer)
                else:
                    self._known[name] = found
            return replace(credential, password=self._known[name])

    async def named_password(self, name: str, console: Console, source: str) -> PSCredential:
        """Return a saved credential with its password, which a person is asked for where it has no other source.

        ``source`` is for what it is wanted. Raises OpenError, OpenCancelled.
        """
        table = self._credentials().get(name, {})
        user = str(table.get("user_name", name))
        async with self._turns.setdefault(name, asyncio.Lock()):
            found = self._known.get(name)
            if found is None and (place := table.get("password")) is not None:
                found = await self._fetched(name, dict(place), source)
            if found is None:
                from pstui.tui.plain import plain

                found = await _ask(f"Password for {plain(user, limit=200)}: ", source, console)
            else:
                self._known[name] = found
        return PSCredential(user, found)

    async def _fetched(self, name: str, source: dict[str, Any], label: str) -> Secret | None:
        try:
            text = await in_thread(lambda: self._fetch(source))
        except ConfigError as error:
            what = f"{label}: the password of [credentials.{name}] could not be fetched"
            raise OpenError(what, f"{error.args[0][:1].upper()}{error.args[0][1:]}.", error.hint) from error
        return None if text is None else Secret(text)


async def _ask(label: str, source: str, console: Console) -> Secret:
    from pstui.backends.console import Question, QuestionCancelled, QuestionKind  # not before the first paint

    try:
        return await console.ask(Question(QuestionKind.SECRET, label, remote=False, source=source))
    except QuestionCancelled as cancelled:
        raise OpenCancelled(f"{source}: not connected") from cancelled
