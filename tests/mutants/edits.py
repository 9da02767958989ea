"""The planted faults. Each is one edit of one file, and the tests that must fail of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One fault: in ``file``, ``old`` (which stands there once) becomes ``new``. ``tests`` are below tests/."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


_HOSTILE = "backends/psrp/test_hostile.py"
_LIMITS = "backends/psrp/test_limits.py"
_PLANTED = "tui/test_planted_secrets.py"
_TRACING = "backends/psrp/test_tracing.py"
EDITS = (
    Edit(
        "a budget removed: the values of a message",
        "backends/psrp/values.py",
        "if self._count > self._max_values:",
        "if self._count < 0:",
        (f"{_LIMITS}::test_too_much_in_one_piece_ends_the_command_alone",),
    ),
    Edit(
        "a budget removed: the length of a tag",
        "backends/psrp/values.py",
        "if tag is None or tag.end() - start > MAX_TAG:",
        "if tag is None:",
        (f"{_LIMITS}::test_too_much_in_one_piece_ends_the_command_alone",),
    ),
    Edit(
        "a budget removed: the bytes of a message",
        "backends/psrp/fragments.py",
        "if self._size + length > self._max_object and not self._too_large:",
        "if self._size + length > (1 << 40) and not self._too_large:",
        (f"{_LIMITS}::test_too_much_in_one_piece_ends_the_command_alone",),
    ),
    Edit(
        "a budget removed: the questions that are open at once",
        "backends/psrp/host_calls.py",
        "if len(self._tasks) >= MAX_OPEN:",
        "if len(self._tasks) < 0:",
        (f"{_HOSTILE}::test_a_fault_ends_the_session_in_one_clear_way",),
    ),
    Edit(
        "an unbounded queue: what comes for a reader that is busy",
        "backends/transports/outofproc.py",
        "if self._queued >= MAX_QUEUED:",
        "if self._queued < 0:",
        ("backends/transports/test_bounds.py",),
    ),
    Edit(
        "an unbounded queue: the window of SSH is granted unread",
        "backends/transports/ssh/receive_window.py",
        "if not self._open or self._taken < _STEP or channel is None or channel.is_closing():",
        "if channel is None or channel.is_closing():",
        ("backends/transports/ssh/test_receive_window.py",),
    ),
    Edit(
        "other encodings than UTF-8 taken",
        "backends/psrp/clixml.py",
        'if b"<?" in body or b"\\0" in body or body.startswith((b"\\xff\\xfe", b"\\xfe\\xff")):',
        'if b"\\xff\\xfe\\xff\\xfe" in body:',
        (f"{_LIMITS}::test_other_encodings_are_refused",),
    ),
    Edit(
        "a byte passed through: C1 controls",
        "tui/transcript/render/sgr.py",
        "if (not text.isprintable() or not text.isascii()) and _CONTROL_OR_UNCLEAN.search(text) is not None:",
        "if not text.isprintable() and text.isascii() and _CONTROL_OR_UNCLEAN.search(text) is not None:",
        ("tui/transcript/test_hostile.py", "fuzz/test_fuzz.py"),
    ),
    Edit(
        "a byte passed through: what turns the direction",
        "tui/transcript/render/clean.py",
        '_BIDI_CHARACTER.sub("\\ufffd", text)',
        "text",
        ("tui/transcript/test_hostile.py", "fuzz/test_fuzz.py"),
    ),
    Edit(
        "a paste that presses a key",
        "tui/mends/xterm_parser.py",
        "if self._pasted is not None:",
        "if self._pasted is not None and not self._pasted:",
        ("tui/mends/test_xterm_parser.py", "fuzz/test_fuzz.py"),
    ),
    Edit(
        "a secret in a log: what was typed",
        "tui/pane/console.py",
        "return question.answered(text)",
        '__import__("logging").getLogger().info("got %s", text)\n            return question.answered(text)',
        (_PLANTED,),
    ),
    Edit(
        "a secret in a file: the history keeps every line",
        "config/history.py",
        "or self._is_secret(line):",
        "or False:",
        ("config/test_history.py", _PLANTED),
    ),
    Edit(
        "a secret handed on: a variable stays in the environment",
        "config/sources.py",
        "_taken[name] = os.environ.pop(name)",
        "_taken[name] = os.environ[name]",
        (_PLANTED,),
    ),
    Edit(
        "a dropped redaction: the contents of SecureString in a trace",
        "backends/psrp/tracing.py",
        '_SECURE.sub(rf"\\1{REMOVED}", clixml)',
        "clixml",
        (_TRACING,),
    ),
    Edit(
        "a dropped redaction: the names of secrets in a trace",
        "backends/psrp/tracing.py",
        "lambda found: self._without_secrets(found[0])",
        "lambda found: found[0]",
        (_TRACING,),
    ),
    Edit(
        "a dropped redaction: the password of an address",
        "backends/redaction.py",
        "return without_password(text)\n",
        "return text\n",
        ("backends/test_redaction.py",),
    ),
    Edit(
        "a trace that others can read",
        "backends/psrp/trace_file.py",
        "os.open(path, flags, 0o600)",
        "os.open(path, flags, 0o644)",
        (_TRACING,),
    ),
    Edit(
        "a missing stop: the far end is not told",
        "backends/psrp/pool.py",
        "await self.transport.signal(pipeline.id)",
        "await asyncio.sleep(0)",
        ("backends/sessions/test_stopping.py::test_a_running_command_is_signalled_and_reported",),
    ),
    Edit(
        "something left behind: the way is not ended",
        "backends/transports/outofproc.py",
        "await self._channel.stop()",
        "await asyncio.sleep(0)",
        ("backends/transports/test_closing.py", "backends/transports/test_harmed_ways.py"),
    ),
    Edit(
        "something left behind: the reader of a pool",
        "backends/psrp/pool.py",
        "            self._reader.cancel()\n            await asyncio.wait({self._reader})\n",
        "            pass\n",
        (f"{_HOSTILE}::test_a_reader_that_waits_for_a_full_screen_ends_with_the_session",),
    ),
    Edit(
        "a closed tab kept by what is taken out of collections",
        "tui/garbage.py",
        "        gc.collect()\n",
        "",
        ("tui/workspace/test_memory.py",),
    ),
    Edit(
        "a closed tab kept as the one that was in front before",
        "tui/workspace/tabs.py",
        "self.before = None if self.before is pane else self.before",
        "pass",
        ("tui/workspace/test_memory.py",),
    ),
    Edit(
        "an unbounded queue: a message for each title",
        "tui/pane/console.py",
        "        if not self._titled:\n",
        "        if True:\n",
        ("tui/pane/test_flow.py",),
    ),
    Edit(
        "a state of the session read in one turn",
        "backends/psrp/receive.py",
        "case MessageType.PIPELINE_STATE | MessageType.RUNSPACEPOOL_STATE:",
        "case MessageType.PIPELINE_STATE:",
        (f"{_HOSTILE}::test_a_state_of_the_session_counts_whatever_comes_with_it",),
    ),
    Edit(
        "a closed tab kept by its timers",
        "tui/mends/late_timers.py",
        "self._context = _NOTHING",
        "_ = _NOTHING",
        ("tui/workspace/test_memory.py",),
    ),
    Edit(
        "a failure that ends the program",
        "tui/app.py",
        "if not isinstance(error, WorkerFailed):",
        "if isinstance(error, Exception):",
        ("tui/workspace/test_tabs.py::test_a_worker_that_fails_costs_what_it_did_and_nothing_else",),
    ),
    Edit(
        "a key that does not wait for the profiles",
        "tui/app.py",
        'return action is None or action.name not in ("help", "quit")',
        "return False",
        ("tui/profiles/test_read_beside.py",),
    ),
    Edit(
        "a file left open by a copy that is broken off",
        "backends/files/local.py",
        "running.add_done_callback(then)",
        "None",
        ("backends/files/test_transfer.py",),
    ),
    Edit(
        "a value that cannot be read ends the session",
        "backends/psrp/pool.py",
        "        except (LimitExceeded, Unreadable) as failure:",
        "        except LimitExceeded as failure:",
        ("backends/psrp/test_unreadable.py",),
    ),
    Edit(
        "an unbounded list: the errors of a session, by their number alone",
        "backends/sessions/reported.py",
        "> MAX_KEPT and len",
        "> (1 << 60) and len",
        ("backends/psrp/test_records.py::test_everything_kept_is_bounded",),
    ),
    Edit(
        "a budget removed: the text of an error",
        "backends/psrp/record_info.py",
        "max_text is None or len(said) <= max_text",
        "True",
        ("backends/psrp/test_records.py::test_the_texts_of_an_error_are_cut",),
    ),
    Edit(
        "a budget removed: where a script has stopped",
        "backends/sessions/reported.py",
        "splitlines()[:MAX_POSITION_LINES]",
        "splitlines()",
        ("backends/psrp/test_records.py::test_of_a_stop_little_is_shown",),
    ),
    Edit(
        "dates and the like read in one turn",
        "backends/psrp/values.py",
        "self._worked += _ODD",
        "pass",
        (f"{_LIMITS}::test_others_have_their_turn_while_a_message_is_read",),
    ),
    Edit(
        "the watchdog off",
        "tests/support/stall.py",
        "turns.longest = max(turns.longest, took)",
        "pass",
        (f"{_LIMITS}::test_the_watchdog_sees_a_long_turn",),
    ),
    Edit(
        "a name that leads to another folder taken from a far end",
        "backends/files/names.py",
        'if name in ("", ".", ".."):',
        'if name in ("", "."):',
        ("backends/files/test_names.py",),
    ),
    Edit(
        "a byte passed through: the answers of an emulator",
        "tui/terminal/replies.py",
        "if _SAFE.fullmatch(answer) and",
        "if",
        ("tui/terminal/test_emulators.py",),
    ),
    Edit(
        "a row of a terminal that is wider than its screen",
        "tui/terminal/ghostty_emulator.py",
        "if is_wide and width(whole) > columns:",
        "if is_wide and columns < 0:",
        ("tui/terminal/test_emulators.py::test_no_row_is_wider_than_the_screen",),
    ),
    Edit(
        "a budget removed: what one of many hosts writes",
        "tui/fanout/engine.py",
        "room = max(MAX_TEXT - self._host.size, 0)",
        "room = 1 << 60",
        ("tui/fanout/test_engine.py::test_what_a_host_writes_is_bounded",),
    ),
    Edit(
        "a budget removed: the hosts of an inventory",
        "backends/discovery/inventory.py",
        "if len(found) >= MAX_HOSTS:",
        "if len(found) < 0:",
        ("backends/discovery/test_inventory.py::test_ten_thousand_hosts_are_taken_and_too_many_are_cut",),
    ),
    Edit(
        "a secret in a file: what was typed into the form of a runbook",
        "tui/runbooks/kept.py",
        'and not looks_secret(f"x -{name} {text}")',
        "",
        (f"{_PLANTED}::test_what_was_typed_into_a_form_is_kept_without_secrets",),
    ),
    Edit(
        "a secret in the clipboard: a masked field is cut",
        "tui/line_input.py",
        "        if self.password:\n            self.delete_selection()",
        "        if not self.app:\n            self.delete_selection()",
        (f"{_PLANTED}::test_no_key_copies_a_secret_that_is_being_typed",),
    ),
    Edit(
        "a secret in a file: the call of a tab that comes back",
        "tui/workspace/tabs.py",
        "return looks_secret(line) or holds_login(line) or",
        "return",
        (_PLANTED,),
    ),
)
