"""Credentials for a WinRM service: user names in their three forms, and the question for what is missing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from pstui.backends.connection import ConnectionInfo
from pstui.backends.console import Question, QuestionCancelled, QuestionKind
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.errors import OpenCancelled, OpenError
from pstui.backends.transports.base import ConnectContext
from pstui.backends.transports.streams import printable
from pstui.backends.transports.wsman.security import AuthenticationPlan
from pstui.backends.transports.wsman.target import Target


async def credential_of(
    info: ConnectionInfo,
    target: Target,
    plan: AuthenticationPlan,
    context: ConnectContext,
    before_asking: Callable[[], Awaitable[None]],
) -> PSCredential | None:
    """Return the credential to use, asking for what is missing; None is the current user.

    ``before_asking`` is awaited before each question: what stands against the service is said first.
    Raises OpenError, OpenCancelled when a person refused to answer.
    """
    if plan.scheme == "certificate":
        return None
    credential: PSCredential | None = info.values.get("Credential")
    if credential is None:
        if not plan.needs_credential:
            if await asyncio.to_thread(has_ticket):
                return None
            if not plan.asks:
                raise _no_ticket(target)
        await before_asking()
        credential = await _asked_name(target, context)
    elif not credential.user_name and credential.password is None:
        await before_asking()
        credential = await _asked_name(target, context)
    if not credential.user_name.strip():
        raise OpenError(f"{target.host}: no user name was given", "", "Give one with -Credential.")
    if credential.password is None:
        await before_asking()
        label = f"Password for {printable(credential.user_name)} on {printable(target.host)}: "
        credential = replace(credential, password=await _ask(QuestionKind.SECRET, label, target, context))
    return replace(credential, user_name=in_realm(credential.user_name, info.settings.get("realms") or {}, plan))


async def _asked_name(target: Target, context: ConnectContext) -> PSCredential:
    name = await _ask(QuestionKind.LINE, f"User name for {printable(target.host)}: ", target, context)
    return PSCredential(name.reveal().strip())


def in_realm(name: str, realms: Mapping[str, Any], plan: AuthenticationPlan) -> str:
    """Return a user name as the mechanism takes it: ``DOMAIN\\user`` as ``user@REALM`` where the realm is known.

    ``realms`` maps NetBIOS names of domains to Kerberos realms (any case). A domain written with dots is a realm
    itself. Other names stay as they are: the domain may be a computer's own.
    """
    domain, backslash, user = name.partition("\\")
    if not backslash or plan.scheme not in ("negotiate", "kerberos", "credssp"):
        return name
    known = {str(key).casefold(): str(value) for key, value in realms.items()}
    realm = known.get(domain.casefold(), domain if "." in domain.strip(".") else "")
    return f"{user}@{realm.upper()}" if realm else name


def has_ticket() -> bool:
    """Whether the current user can be proved without a password: on Windows always, elsewhere by a Kerberos ticket."""
    if os.name == "nt":
        return True
    try:
        import gssapi
        from gssapi.raw import GSSError
    except (ImportError, OSError):
        return False
    try:
        mechanism = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")
        lifetime = gssapi.Credentials(usage="initiate", mechs=[mechanism]).lifetime
    except GSSError:
        return False
    return lifetime is None or lifetime > 0


async def _ask(kind: QuestionKind, label: str, target: Target, context: ConnectContext) -> Secret:
    question = Question(kind, label, remote=False, source=printable(target.host))
    try:
        return await context.console.ask(question)
    except QuestionCancelled as cancelled:
        if not cancelled.nobody:
            raise OpenCancelled(f"{printable(target.host)}: not connected") from cancelled
        is_password = kind is QuestionKind.SECRET
        what = "password" if is_password else "credential"
        raise OpenError(
            f"{printable(target.host)}: a {what} is needed, and there is nobody to ask",
            "" if is_password else "There is no Kerberos ticket of the current user, or it cannot be used here.",
            "Give the name of a [credentials] entry of the profiles that has a password source as -Credential, or get "
            "a ticket with kinit.",
            error_id="CreateRemoteRunspaceFailed",
        ) from cancelled


def _no_ticket(target: Target) -> OpenError:
    return OpenError(
        f"{printable(target.host)}: there is no Kerberos ticket of the current user",
        "NegotiateWithImplicitCredential proves the current user and asks nothing.",
        "Get a ticket with kinit, or give a -Credential with another -Authentication.",
        error_id="CreateRemoteRunspaceFailed",
    )
