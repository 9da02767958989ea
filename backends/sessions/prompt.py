"""How the far end's prompt is shown for each kind of target (protocol-notes 3.1, 3.2)."""

from __future__ import annotations

import getpass
import os

from pstui.backends.addresses import join_host
from pstui.backends.connection import ConnectionInfo, ParameterSet

#: What replaces a prompt that is missing, empty or failed (protocol-notes 3.1).
FALLBACK = "PS>"
#: Asks for the next line of an incomplete one (protocol-notes 3.5).
CONTINUATION = ">> "
#: Longest prompt shown, in characters; a far end's longer one is cut.
MAX_PROMPT = 4096


def local_user() -> str:
    """Return the name of the user running pstui, or ``""`` when the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # Windows has no module pwd
        return os.environ.get("USERNAME", "")


def prompt_prefix(info: ConnectionInfo, user: str | None = None) -> str:
    """Return what is shown before the far end's own prompt, e.g. ``[root@db]: `` (``user`` is the local one)."""
    if info.parameter_set.prompt:  # it names the target itself
        return ""
    name = info.computer_name
    if info.parameter_set is ParameterSet.SSH_HOST:
        theirs = info.text("UserName")
        if theirs and theirs != (local_user() if user is None else user):
            name = join_host(name, theirs)
    return f"[{name}]: "


def container_display(container_id: str) -> str:
    """Return a container's name as its prompt shows it: at most 15 characters (protocol-notes 3.2)."""
    return container_id[:14] + "…" if len(container_id) > 15 else container_id


def direct_prompt_script(name: str) -> str:
    """Return the script that gives a VM or container its prompt ``[name]: PS loc> ``; ``name`` is quoted safely."""
    quoted = "".join(f"`{char}" if char in '`"$' else char for char in name if char.isprintable())
    location = "$($executionContext.SessionState.Path.CurrentLocation)"
    return f'function global:prompt {{ "[{quoted}]: PS {location}> " }}'


def target_prompt(info: ConnectionInfo, name: str = "", *, kept: bool = False) -> str:
    """Return the script that gives this kind of target its prompt, ``""`` where the far end keeps its own.

    ``name`` is what the target calls itself where that is known (a machine entered by its id). A container's id is
    shown whole in a session that was ``kept`` and is entered again (protocol-notes 3.2).
    """
    if not info.parameter_set.prompt:
        return ""
    shown = name or info.text(info.parameter_set.target)
    if info.parameter_set is ParameterSet.CONTAINER_ID and not kept:
        shown = container_display(shown)
    return direct_prompt_script(info.parameter_set.prompt.format(shown))
