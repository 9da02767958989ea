"""What pip calls pstui and its extras: the one place that hints about missing parts take these names from."""

from __future__ import annotations

#: The distribution. On the public index the name "pstui" is another program's; the command and the import keep it.
DISTRIBUTION = "pstui-remoting"
#: parts that are installed on demand, as pyproject.toml declares them
KERBEROS, CREDSSP, LIBVIRT, FIDO2 = "kerberos", "credssp", "libvirt", "fido2"


def pip_install(extra: str) -> str:
    """Return the command line that installs pstui with an extra."""
    return f"pip install '{DISTRIBUTION}[{extra}]'"
