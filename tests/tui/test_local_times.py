"""Times that far ends send and that this computer has no name for: none before 1970 on Windows, none far ahead."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
from pstui.backends.language.typed_texts import typed
from pstui.backends.records import SentObject
from pstui.backends.sessions import prompt_value
from pstui.tui.sizes import local_time


class OfWindows(datetime.datetime):
    """A date whose local time is asked of a localtime that refuses what is before 1970."""

    def astimezone(self, tz: Any = None) -> Any:
        if self.year < 1970:
            raise OSError(22, "Invalid argument")
        return super().astimezone(tz)


def sent(date: str) -> SentObject:
    return SentObject(f"<DT>{date}</DT>".encode(), lambda text: text)


def test_a_file_may_have_a_time_that_no_calendar_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_time(None) is None and local_time(1e18) is None and local_time(float("nan")) is None
    assert local_time(86_400) is not None

    def of_windows(moment: float) -> time.struct_time:
        if moment < 0:
            raise OSError(22, "Invalid argument")
        return time.gmtime(moment)

    monkeypatch.setattr("time.localtime", of_windows)
    assert local_time(-1) is None


def test_a_date_in_a_prompt_or_in_a_typed_line_has_no_text_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_value, "datetime", OfWindows)
    monkeypatch.setattr("pstui.backends.language.typed_texts.datetime.datetime", OfWindows)
    assert prompt_value.prompt_text(sent("2020-05-01T12:00:00+02:00")).startswith(("04/30/2020", "05/01/2020"))
    assert prompt_value.prompt_text(sent("1601-05-01T12:00:00+02:00")) == ""
    assert typed("datetime", "2020-05-01T12:00:00Z") is not None
    assert typed("datetime", "1601-05-01T12:00:00Z") is None
