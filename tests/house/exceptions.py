"""What breaks a rule of the house today, by rule. The lists only shrink: nothing is added to them."""

from __future__ import annotations

#: modules that are too long
LONG_MODULES: frozenset[str] = frozenset()
#: functions that are too long
LONG_FUNCTIONS: frozenset[str] = frozenset()
#: classes that with their bases are too large
LARGE_CLASSES: frozenset[str] = frozenset(
    {
        "pstui.tui.workspace.profile_work.ProfileWork",
        "pstui.tui.workspace.profile_writing.ProfileWriting",
        "pstui.tui.workspace.screen.Workspace",
    }
)
#: classes that stand on too many others of ours
LADDERS: frozenset[str] = frozenset(
    {
        "pstui.tui.dialogs.profile_form.ProfileForm",
        "pstui.tui.dialogs.profile_form.SessionOptionsForm",
        "pstui.tui.dialogs.profile_form.SingleForm",
        "pstui.tui.workspace.profile_work.ProfileWork",
        "pstui.tui.workspace.profile_writing.ProfileWriting",
        "pstui.tui.workspace.screen.Workspace",
        "pstui.tui.workspace.tab_work.TabWork",
    }
)
#: imports against the arrows inside a room
INNER_ARROWS: frozenset[str] = frozenset()
#: groups of modules that import each other
CIRCLES: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "pstui.tui.dialogs.credential_form",
            "pstui.tui.dialogs.profile_form",
        }
    ),
)
