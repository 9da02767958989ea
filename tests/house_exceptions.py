"""What breaks a rule of the house today, by rule. The lists only shrink: nothing is added to them."""

from __future__ import annotations

#: modules that are too long
LONG_MODULES: frozenset[str] = frozenset()
#: functions that are too long
LONG_FUNCTIONS: frozenset[str] = frozenset()
#: classes that with their bases are too large
LARGE_CLASSES: frozenset[str] = frozenset(
    {
        "pstui.backends.demo.parser.Parser",
        "pstui.tui.screens.profile_work.ProfileWork",
        "pstui.tui.screens.profile_writing.ProfileWriting",
        "pstui.tui.screens.workspace.Workspace",
        "pstui.tui.widgets.editor.LineEditor",
        "pstui.tui.widgets.editor_changes.ChangingKeys",
        "pstui.tui.widgets.editor_history.HistoryKeys",
        "pstui.tui.widgets.pane.Pane",
        "pstui.tui.widgets.transcript.Transcript",
        "pstui.tui.widgets.transcript_commands.TranscriptCommands",
        "pstui.tui.widgets.transcript_finding.TranscriptFinding",
        "pstui.tui.widgets.transcript_marker.TranscriptMarker",
        "pstui.tui.widgets.transcript_view.TranscriptView",
    }
)
#: classes that stand on too many others of ours
LADDERS: frozenset[str] = frozenset(
    {
        "pstui.tui.screens.profile_form.ProfileForm",
        "pstui.tui.screens.profile_work.ProfileWork",
        "pstui.tui.screens.profile_writing.ProfileWriting",
        "pstui.tui.screens.single_form.SessionOptionsForm",
        "pstui.tui.screens.single_form.SingleForm",
        "pstui.tui.screens.tab_work.TabWork",
        "pstui.tui.screens.workspace.Workspace",
        "pstui.tui.widgets.editor.LineEditor",
        "pstui.tui.widgets.editor_history.HistoryKeys",
        "pstui.tui.widgets.transcript.Transcript",
        "pstui.tui.widgets.transcript_commands.TranscriptCommands",
        "pstui.tui.widgets.transcript_finding.TranscriptFinding",
    }
)
#: groups of modules that import each other
CIRCLES: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "pstui.backends.demo.call",
            "pstui.backends.demo.interpreter",
            "pstui.backends.demo.registry",
        }
    ),
    frozenset(
        {
            "pstui.backends.powershell.binder",
            "pstui.backends.powershell.binding_checks",
            "pstui.backends.powershell.binding_convert",
            "pstui.backends.powershell.binding_errors",
            "pstui.backends.powershell.binding_line",
            "pstui.backends.powershell.binding_lookups",
            "pstui.backends.powershell.binding_names",
            "pstui.backends.powershell.binding_paths",
            "pstui.backends.powershell.binding_preferences",
            "pstui.backends.powershell.binding_reader",
            "pstui.backends.powershell.binding_ssh",
        }
    ),
    frozenset(
        {
            "pstui.backends.powershell.literals",
            "pstui.backends.powershell.token_kinds",
        }
    ),
    frozenset(
        {
            "pstui.backends.powershell.scanner",
            "pstui.backends.powershell.scanner_modes",
        }
    ),
    frozenset(
        {
            "pstui.backends.psrp.feeding",
            "pstui.backends.psrp.host_calls",
            "pstui.backends.psrp.pool",
            "pstui.backends.psrp.receive",
            "pstui.backends.psrp.receive_pool",
            "pstui.backends.psrp.session_key",
        }
    ),
    frozenset(
        {
            "pstui.backends.pssession",
            "pstui.backends.session_links",
        }
    ),
    frozenset(
        {
            "pstui.tui.screens.credential_form",
            "pstui.tui.screens.forms",
            "pstui.tui.screens.profile_form",
            "pstui.tui.screens.single_form",
        }
    ),
    frozenset(
        {
            "pstui.tui.widgets.copy_mode",
            "pstui.tui.widgets.transcript",
        }
    ),
)
