"""Sources as syntax trees."""

from __future__ import annotations

import ast
import gc


def tree(source: str) -> ast.Module:
    """Return the tree of a source, with no collection meanwhile.

    Python 3.11 counts the depth of a tree wrongly when a collection in the middle of it runs code of its own.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if collecting:
            gc.enable()
