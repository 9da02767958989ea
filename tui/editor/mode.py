"""The two sets of keys that PSReadLine has on this system."""

from __future__ import annotations

import enum


class EditMode(enum.Enum):
    """PSReadLine's EditMode: which keys mean what where its two sets differ."""

    EMACS = "Emacs"
    WINDOWS = "Windows"
