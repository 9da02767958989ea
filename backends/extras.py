"""What pip calls pstui and its extras, and how one is added to the pstui that runs: all hints come from here."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

#: The distribution. On the public index the name "pstui" is another program's; the command and the import keep it.
DISTRIBUTION = "pstui-remoting"
#: parts that are installed on demand, as pyproject.toml declares them
KERBEROS, CREDSSP, LIBVIRT, FIDO2, FAST_TERMINAL = "kerberos", "credssp", "libvirt", "fido2", "fast-terminal"

#: by these files a virtual environment is known for pipx's and for uv's: pip's words would miss it
PIPX_FILE, UV_FILE = "pipx_metadata.json", "uv-receipt.toml"
#: this one lies in what a single-file pstui has unpacked
ZIPAPP_FILE = "pstui-zipapp"

#: a requirement of a distribution's metadata: what pip installs, and the extra that asks for it
_REQUIREMENT = re.compile(r"""([^;]+?)\s*(?:;.*?\bextra\s*==\s*["']([^"']+)["'].*)?(?:;.*)?""", re.DOTALL)


def requirements() -> list[tuple[str, str]]:
    """Return what the distribution needs, as pip is told it, each with its extra or ``""``.

    Empty where pstui runs without having been installed.
    """
    from importlib import metadata

    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    found = (_REQUIREMENT.fullmatch(line) for line in lines)
    return [(one[1].strip(), one[2] or "") for one in found if one is not None]


def made_by(prefix: Path | None = None) -> str:
    """Return what this pstui was installed with: "pipx", "uv", "zipapp", or "pip" for whatever else."""
    if (Path(__file__).parents[2] / ZIPAPP_FILE).exists():
        return "zipapp"
    folder = prefix or Path(sys.prefix)
    return "pipx" if (folder / PIPX_FILE).exists() else "uv" if (folder / UV_FILE).exists() else "pip"


def install_command(extra: str, prefix: Path | None = None) -> str:
    """Return the command line that adds an extra to this pstui, wherever it is installed.

    ``prefix`` is the folder of the environment, by default that of this Python.
    """
    whole = f"{DISTRIBUTION}[{extra}]"
    parts = [name for name, asked_by in requirements() if asked_by == extra] or [whole]
    match made_by(prefix):
        case "pipx":
            return shlex.join(["pipx", "inject", DISTRIBUTION, *parts])
        case "uv":
            source, before = _uv_receipt((prefix or Path(sys.prefix)) / UV_FILE)
            with_ = [word for part in dict.fromkeys([*before, *parts]) for word in ("--with", part)]
            return shlex.join(["uv", "tool", "install", *with_, source])
        case "zipapp":
            return f"make zipapp EXTRAS={','.join(dict.fromkeys([*_extras_here(), extra]))}"
    return f"pip install '{whole}'"


def _extras_here() -> list[str]:
    """Return the extras whose parts are all here: a single file that is made anew has only those that are named."""
    from importlib import metadata

    parts: dict[str, list[str]] = {}
    for name, extra in requirements():
        if extra in (KERBEROS, CREDSSP, LIBVIRT, FIDO2, FAST_TERMINAL):
            parts.setdefault(extra, []).append(re.split(r"[^\w.-]", name, maxsplit=1)[0])
    here = {str(one.name).casefold() for one in metadata.distributions()}
    return [extra for extra, names in parts.items() if all(name.casefold() in here for name in names)]


def _uv_receipt(file: Path) -> tuple[str, list[str]]:
    """Return where uv took pstui from, and what was installed with it before: uv would take that out again."""
    import tomllib

    source, others = DISTRIBUTION, []
    try:
        listed = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["requirements"]
        for one in listed:
            name, extras = str(one["name"]), ",".join(one.get("extras", ()))
            place = next((str(one[key]) for key in ("directory", "editable", "path", "url") if key in one), "")
            place = f"git+{one['git']}" if "git" in one else place
            if name != DISTRIBUTION:
                wanted = f"{name}[{extras}]" if extras else name
                others.append(f"{wanted} @ {place}" if place else f"{wanted}{one.get('specifier', '')}")
            elif extras:
                source = f"{name}[{extras}] @ {place}" if place else f"{name}[{extras}]"
            else:
                source = place or source
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # a receipt of a later uv: the name alone is said
    return source, others
