"""What breaks a rule of the house today, by rule. The lists only shrink: nothing is added to them."""

from __future__ import annotations

#: modules that are too long
LONG_MODULES: frozenset[str] = frozenset()
#: functions that are too long
LONG_FUNCTIONS: frozenset[str] = frozenset()
#: classes that with their bases are too large
LARGE_CLASSES: frozenset[str] = frozenset(
    {
        "pstui.backends.demo.language.parser.Parser",
        "pstui.tui.editor.changes.ChangingKeys",
        "pstui.tui.editor.editor.LineEditor",
        "pstui.tui.editor.history.HistoryKeys",
        "pstui.tui.pane.pane.Pane",
        "pstui.tui.transcript.commands.TranscriptCommands",
        "pstui.tui.transcript.finding.TranscriptFinding",
        "pstui.tui.transcript.marker.TranscriptMarker",
        "pstui.tui.transcript.transcript.Transcript",
        "pstui.tui.transcript.view.TranscriptView",
        "pstui.tui.workspace.profile_work.ProfileWork",
        "pstui.tui.workspace.profile_writing.ProfileWriting",
        "pstui.tui.workspace.screen.Workspace",
    }
)
#: classes that stand on too many others of ours
LADDERS: frozenset[str] = frozenset(
    {
        "pstui.tui.dialogs.profile_form.ProfileForm",
        "pstui.tui.dialogs.single_form.SessionOptionsForm",
        "pstui.tui.dialogs.single_form.SingleForm",
        "pstui.tui.editor.editor.LineEditor",
        "pstui.tui.editor.history.HistoryKeys",
        "pstui.tui.transcript.commands.TranscriptCommands",
        "pstui.tui.transcript.finding.TranscriptFinding",
        "pstui.tui.transcript.transcript.Transcript",
        "pstui.tui.workspace.profile_work.ProfileWork",
        "pstui.tui.workspace.profile_writing.ProfileWriting",
        "pstui.tui.workspace.screen.Workspace",
        "pstui.tui.workspace.tab_work.TabWork",
    }
)
#: imports against the arrows inside a room
INNER_ARROWS: frozenset[str] = frozenset(
    {
        "sessions.manager knows transports.wsman.sessions",
        "sessions.session_facts knows transports.wsman.sessions",
    }
)
#: groups of modules that import each other
CIRCLES: tuple[frozenset[str], ...] = (
    frozenset(
        {
            "pstui.backends.binding.binder",
            "pstui.backends.binding.checks",
            "pstui.backends.binding.convert",
            "pstui.backends.binding.errors",
            "pstui.backends.binding.line",
            "pstui.backends.binding.lookups",
            "pstui.backends.binding.names",
            "pstui.backends.binding.paths",
            "pstui.backends.binding.preferences",
            "pstui.backends.binding.reader",
            "pstui.backends.binding.ssh",
        }
    ),
    frozenset(
        {
            "pstui.backends.demo.commands.registry",
            "pstui.backends.demo.language.call",
            "pstui.backends.demo.language.interpreter",
        }
    ),
    frozenset(
        {
            "pstui.backends.language.literals",
            "pstui.backends.language.token_kinds",
        }
    ),
    frozenset(
        {
            "pstui.backends.language.scanner",
            "pstui.backends.language.scanner_modes",
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
            "pstui.backends.sessions.disconnection",
            "pstui.backends.sessions.pssession",
        }
    ),
    frozenset(
        {
            "pstui.tui.dialogs.credential_form",
            "pstui.tui.dialogs.forms",
            "pstui.tui.dialogs.profile_form",
            "pstui.tui.dialogs.single_form",
        }
    ),
    frozenset(
        {
            "pstui.tui.transcript.copy_mode",
            "pstui.tui.transcript.transcript",
        }
    ),
)
