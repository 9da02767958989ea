"""The demo endpoint as a far end: it runs no scripts of ours, so what they do elsewhere are commands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: the PSEdition by which it tells what it is
EDITION = "pstui-demo"
#: the command that answers requests about files
FILE_REQUESTS = "Invoke-FileRequest"


def is_demo(private_data: Mapping[str, Any]) -> bool:
    """Whether a session's ApplicationPrivateData is the demo endpoint's."""
    table = private_data.get("PSVersionTable")
    return isinstance(table, Mapping) and str(table.get("PSEdition")) == EDITION
