"""Run every measurement of this folder, or those named: ``python -m tests.bench [NAME …]``."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Print the rows of each module; a module that fails is reported and fails the whole."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    names = [name for name in names if not name.startswith("_")]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(names)}.", file=sys.stderr)
        return 2
    failed = False
    for name in wanted or names:
        module = importlib.import_module(f"{__package__}.{name}")
        run = getattr(module, "run", None)
        if run is None:
            continue
        print(f"{name}", flush=True)
        try:
            for row in run():
                print(f"  {row}", flush=True)
        except Exception as error:
            failed = True
            print(f"  failed: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
