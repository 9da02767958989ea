"""``python -m tests.support.stand_in_app NAME …``: the screen over stand-in sessions, for a terminal to drive."""

from __future__ import annotations

import sys

from pstui.tui.app import PstuiApp

from tests.support.stand_in import StandInManager, host

if __name__ == "__main__":
    PstuiApp(open=[host(name) for name in sys.argv[1:]], sessions=StandInManager().as_manager()).run()
