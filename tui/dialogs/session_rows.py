"""The columns of the list of sessions: those of Get-PSSession for which there is room, with tab and profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pstui.backends.sessions.session import PSSession
from pstui.tui.cmdlets.table import COLUMNS, NARROW, cells

#: captions of Get-PSSession by their place in ``cells``
_ID, _NAME, _TRANSPORT, _COMPUTER, _TYPE, _STATE, _CONFIGURATION, _AVAILABILITY = range(8)
#: places of -1 and -2 are the tab and the profile
_TAB, _PROFILE = -1, -2
#: place, caption and width of each column, from the widest table to that for 80 columns
_Layout = Sequence[tuple[int, str, int]]
_FULL: Final[_Layout] = (
    (_TAB, "Tab", 3),
    *((place, *COLUMNS[place]) for place in range(4)),
    (_PROFILE, "Profile", 15),
    *((place, *COLUMNS[place]) for place in range(4, 8)),
)
_LAYOUTS: Final[Sequence[_Layout]] = (
    _FULL,
    tuple(column for column in _FULL if column[0] != _TYPE),
    (
        (_TAB, "Tab", 3),
        (_ID, *NARROW[_ID]),
        (_NAME, *NARROW[_NAME]),
        (_TRANSPORT, *NARROW[_TRANSPORT]),
        (_COMPUTER, *NARROW[_COMPUTER]),
        (_PROFILE, "Profile", 9),
        (_STATE, *NARROW[_STATE]),
        (_AVAILABILITY, *NARROW[_AVAILABILITY]),
    ),
)


def layout_for(width: int) -> _Layout:
    """Return the columns for a place of so many cells."""
    fitting = (one for one in _LAYOUTS if sum(cells_ + 1 for _, _, cells_ in one) - 1 <= width)
    return next(fitting, _LAYOUTS[-1])


def columns_of(layout: _Layout) -> Sequence[tuple[str, int]]:
    """Return captions and widths."""
    return [(caption, width) for _, caption, width in layout]


def texts_of(session: PSSession, layout: _Layout, tabs: Mapping[int, int]) -> list[str]:
    """Return the texts of one row; ``tabs`` are the numbers of tabs by the ``id()`` of the session they are in."""
    known = cells(session)
    number = tabs.get(id(session))
    extra = {_TAB: "–" if number is None else str(number), _PROFILE: session.info.profile or "–"}
    return [extra[place] if place < 0 else known[place] for place, _, _ in layout]
