"""The transcript on a screen: what is seen, scrolled to, selected, found and folded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pstui.backends.records import Stream, Write
from pstui.tui.colors import DARK_COLORS, LIGHT_COLORS
from pstui.tui.colors import Palette as Colours
from pstui.tui.transcript import messages
from pstui.tui.transcript.render.buffer import TextBuffer
from pstui.tui.transcript.render.palette import DARK, LIGHT, Look, Palette, contrast
from pstui.tui.transcript.render.style import apply_sgr, console_style
from pstui.tui.transcript.transcript import Transcript
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import ContentSwitcher, Static

COLUMNS, ROWS = 40, 12
#: Rows of the transcript, and columns it wraps at (the scroll bar takes one).
HEIGHT, WRAP = 10, 39


class Bench(App[None]):
    """A transcript above a line, and a second tab to hide it behind."""

    CSS = """
    Transcript { height: 10; }
    ContentSwitcher { height: 1fr; }
    """

    def __init__(self, transcript: Transcript | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.transcript = transcript or Transcript()
        self.new_output: list[int] = []

    def compose(self) -> ComposeResult:
        with ContentSwitcher(initial="pane"):
            with Vertical(id="pane"):
                yield self.transcript
                yield Static("editor")
            yield Static("other", id="other")

    def on_transcript_new_output(self, event: messages.NewOutput) -> None:
        self.new_output.append(event.count)


class Driver:
    def __init__(self, app: Bench, pilot: Pilot[None]) -> None:
        self.app, self.pilot, self.transcript = app, pilot, app.transcript

    @property
    def rows(self) -> list[str]:
        """The rows of the transcript as they stand on the screen, without what is said of rows below."""
        return [row.partition("↓")[0].rstrip() for row in self.seen]

    @property
    def seen(self) -> list[str]:
        """The rows of the transcript as they stand on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text[:WRAP].rstrip() for strip in strips[: self.transcript.size.height]]

    async def until(self, seen: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not seen():
                await self.pilot.pause()

    async def write(self, *texts: str) -> None:
        """Write lines and wait until they are painted."""
        self.transcript.extend([Write(text) for text in texts])
        await self.settled()

    async def settled(self) -> None:
        """Wait for the frame that follows what was written, and for the painting of it."""
        await self.until(lambda: not self.transcript.view.frames.pending)
        await self.pilot.pause()

    def styles_at(self, y: int) -> list[tuple[str, str]]:
        """Texts and colours of a row's segments."""
        return [(text, str(style)) for text, style, _ in self.transcript.render_line(y)]


@asynccontextmanager
async def driving(transcript: Transcript | None = None, **options: bool) -> AsyncIterator[Driver]:
    app = Bench(transcript, **options)
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: app.transcript.view.frames.shown)
        yield driver


def numbered(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last)]


async def test_text_starts_at_the_top_and_then_scrolls() -> None:
    async with driving() as driver:
        await driver.write("one", "two")
        assert driver.rows == ["one", "two", *[""] * (HEIGHT - 2)]
        assert driver.transcript.row_count == 2
        await driver.write(*numbered(0, 30))
        assert driver.rows == numbered(20, 30)
        assert driver.transcript.row_count == 32
        driver.transcript.write(Write("no end", newline=False))
        await driver.settled()
        assert driver.rows == [*numbered(21, 30), "no end"]


async def test_a_scrolled_view_stays_and_says_what_came() -> None:
    async with driving() as driver:
        await driver.write(*numbered(0, 30))
        driver.transcript.scroll_to(y=5, animate=False)
        await driver.write(*numbered(30, 33))
        assert driver.rows == numbered(5, 15)
        assert driver.transcript.view.new_lines == 3
        assert driver.seen[-1].endswith(" ↓ 3 new lines")
        await driver.write("more")
        await driver.pilot.click(driver.transcript, offset=(WRAP - 3, HEIGHT - 1))
        await driver.settled()
        assert driver.seen[-1] == "more"
        await driver.write("again")
        assert driver.rows[-1] == "again"
        assert driver.app.new_output == [3, 4, 0]


async def test_the_ring_moves_nothing_that_is_seen_or_selected() -> None:
    async with driving(Transcript(TextBuffer(max_lines=300))) as driver:
        await driver.write(*numbered(0, 300))
        driver.transcript.scroll_to(y=200, animate=False)
        await driver.pilot.mouse_down(driver.transcript, offset=(2, 1))
        await driver.pilot.hover(driver.transcript, offset=(3, 2))
        await driver.pilot.mouse_up(driver.transcript, offset=(3, 2))
        assert driver.transcript.selected_text() == "ne 201\nline"
        await driver.write(*numbered(300, 450))
        assert driver.transcript.buffer.dropped == 150
        assert driver.rows == numbered(200, 210)
        assert driver.transcript.selected_text() == "ne 201\nline"
        assert driver.app.screen.get_selected_text() == "ne 201\nline"
        await driver.write(*numbered(450, 502))
        assert driver.rows == numbered(202, 212), "the oldest line kept, once those seen are gone"
        assert driver.transcript.selected_text() == "line"


async def test_wrapping_follows_the_width_and_keeps_the_top_line() -> None:
    async with driving() as driver:
        await driver.write(*(f"{number:02} " + "x" * 57 for number in range(30)))
        assert driver.rows[:2] == ["25 " + "x" * 36, "x" * 21]
        driver.transcript.scroll_to(y=20, animate=False)
        await driver.settled()
        assert driver.rows[0].startswith("10 ")
        await driver.pilot.resize_terminal(70, ROWS)
        await driver.until(lambda: driver.transcript.row_count == 30)
        assert driver.app.screen._compositor.render_strips()[0].text.startswith("10 ")
        driver.transcript.scroll_to_end()
        await driver.pilot.resize_terminal(COLUMNS, ROWS)
        await driver.until(lambda: driver.transcript.row_count == 60)
        await driver.settled()
        assert driver.rows[-2].startswith("29 ")


async def test_wide_characters_are_not_cut() -> None:
    async with driving() as driver:
        await driver.write("日" * 25)
        assert driver.rows[:2] == ["日" * 19, "日" * 6]


async def test_without_wrapping_the_view_moves_sideways() -> None:
    async with driving(Transcript(wrap=False)) as driver:
        await driver.write("0123456789" * 10, "日本語" * 20)
        assert driver.rows[:2] == ["0123456789" * 3 + "012345678", "日本語" * 6 + "日"]
        driver.transcript.scroll_to(x=61, animate=False)
        await driver.settled()
        assert driver.rows[0] == "123456789" + "0123456789" * 3
        assert driver.transcript.row_count == 2


async def test_a_hidden_transcript_is_not_painted() -> None:
    async with driving() as driver:
        painted: list[int] = []
        render_line = driver.transcript.render_line
        driver.transcript.render_line = lambda y: (painted.append(y), render_line(y))[1]  # type: ignore[method-assign]
        driver.app.query_one(ContentSwitcher).current = "other"
        await driver.until(lambda: not driver.transcript.view.frames.shown)
        painted.clear()
        await driver.write(*numbered(0, 30))
        assert painted == []
        driver.app.query_one(ContentSwitcher).current = "pane"
        await driver.until(lambda: driver.transcript.view.frames.shown and driver.rows == numbered(20, 30))


async def test_many_writes_are_one_repaint() -> None:
    async with driving() as driver:
        frames: list[int] = []
        settle = driver.transcript.view.frames._settle
        driver.transcript.view.frames._settle = lambda: (frames.append(1), settle())[1]
        for number in range(500):
            driver.transcript.write(Write(f"line {number}"))
        await driver.settled()
        assert len(frames) == 1
        assert driver.rows == numbered(490, 500)


async def test_an_emptied_screen_keeps_its_scrollback() -> None:
    async with driving() as driver:
        await driver.write(*numbered(0, 30))
        driver.transcript.clear_screen()
        await driver.write("PS>")
        assert driver.rows == ["PS>", *[""] * (HEIGHT - 1)]
        assert driver.transcript.row_count == 1
        driver.transcript.scroll_to(y=25, animate=False)
        await driver.settled()
        assert driver.rows[:6] == [*numbered(25, 30), "PS>"]
        driver.transcript.clear()
        await driver.write("new")
        assert driver.rows == ["new", *[""] * (HEIGHT - 1)]


async def test_clicks_select_words_and_lines() -> None:
    async with driving() as driver:
        await driver.write("Get-Service W3SVC, WinRM  ", "second")
        await driver.pilot.click(driver.transcript, offset=(13, 0), times=2)
        await driver.pilot.pause()
        assert driver.transcript.selected_text() == "W3SVC"
        await driver.pilot.click(driver.transcript, offset=(13, 0), times=3)
        await driver.pilot.pause()
        assert driver.transcript.selected_text() == "Get-Service W3SVC, WinRM"


async def test_selecting_across_wrapped_rows_gives_the_line() -> None:
    async with driving() as driver:
        await driver.write("a" * 30 + "b" * 30)
        await driver.pilot.mouse_down(driver.transcript, offset=(28, 0))
        await driver.pilot.hover(driver.transcript, offset=(1, 1))
        await driver.pilot.mouse_up(driver.transcript, offset=(1, 1))
        assert driver.transcript.selected_text() == "aa" + "b" * 11


async def test_selecting_with_keys() -> None:
    async with driving() as driver:
        await driver.write("the first line", "second 日本 line", "third")
        transcript = driver.transcript
        transcript.start_selection()
        assert transcript.copy_mode
        transcript.copying.move("up", extend=False)
        transcript.copying.move("word_right", extend=False)
        transcript.copying.move("right")
        transcript.copying.move("right")
        assert transcript.selected_text() == "日本 "
        transcript.copying.move("up")
        assert transcript.selected_text() == "ine\nsecond 日"
        assert transcript.copy_text() == "ine\nsecond 日"
        assert not transcript.copy_mode
        assert transcript.selected_text() == ""
        transcript.start_selection()
        assert transcript.copy_text() == "third", "without a selection, the cursor's line"
        with pytest.raises(ValueError, match="sideways"):
            transcript.copying.move("sideways")


async def test_keys_of_copy_mode_go_over_what_is_seen_as_one_and_select_it_whole() -> None:
    family = "👩\u200d👧"
    async with driving() as driver:
        await driver.write(f"a{family}e\u0301b")
        transcript = driver.transcript
        transcript.start_selection()
        transcript.copying.move("right", extend=False)
        transcript.copying.select_from(transcript.copying.cursor or (0, 0))
        assert transcript.selected_text() == family
        transcript.copying.move("right")
        assert transcript.selected_text() == family + "e\u0301"
        transcript.copying.move("left")
        transcript.copying.move("home")
        assert transcript.selected_text() == "a" + family
        transcript.copying.move("end")
        transcript.copying.move("left", extend=False)
        assert transcript.copying.cursor == (0, 4)


async def test_half_a_page_is_gone_by_and_the_row_selected_to_its_ends() -> None:
    async with driving() as driver:
        await driver.write(*numbered(0, 50))
        transcript = driver.transcript
        transcript.start_selection()
        transcript.focus()
        for keys, number in (("ctrl+u", 44), ("ctrl+u", 39), ("ctrl+d", 44)):
            await driver.pilot.press(keys)
            assert transcript.copying.cursor is not None and transcript.copying.cursor[0] == number
        await driver.pilot.press("right", "right", "shift+home")
        assert transcript.selected_text() == "lin"
        await driver.pilot.press("escape", "w", "shift+end")
        assert transcript.selected_text() == "44"


async def test_the_cursor_of_copy_mode_stays_in_view() -> None:
    async with driving() as driver:
        await driver.write(*numbered(0, 50))
        driver.transcript.start_selection()
        driver.transcript.copying.move("page_up")
        driver.transcript.copying.move("page_up")
        await driver.settled()
        assert driver.rows[0] == "line 31"
        driver.transcript.copying.move("top")
        await driver.settled()
        assert driver.rows == numbered(0, 10)
        driver.transcript.text_select_all()
        assert driver.transcript.selected_text() == "\n".join(numbered(0, 50))


async def test_search_goes_up_first_and_round() -> None:
    async with driving() as driver:
        await driver.write(*(f"line {n} NEEDLE" if n in (100, 400, 700) else f"line {n}" for n in range(1000)))
        transcript = driver.transcript

        def place() -> int:
            return transcript.search_match.number if transcript.search_match else -1

        assert transcript.search("needle") == 3
        await driver.settled()
        assert place() == 700
        assert "line 700 NEEDLE" in driver.rows
        assert transcript.search_previous() and place() == 400
        assert transcript.search_previous() and place() == 100
        assert transcript.search_previous() and place() == 700
        assert transcript.search_next() and place() == 100
        assert transcript.search("needle", case_sensitive=True) == 0
        assert not transcript.search_next()
        assert transcript.search("NEEDLE", case_sensitive=True) == 3
        assert transcript.search("") == 0


async def test_matches_are_seen_with_and_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    async with driving() as driver:
        await driver.write("one needle, two NEEDLES")
        plain = driver.styles_at(0)
        driver.transcript.search("needle")
        assert [text for text, _ in driver.styles_at(0)][:5] == ["one ", "needle", ", two ", "NEEDLE", "S"]
        assert len({style for _, style in driver.styles_at(0)[:4]}) > len({style for _, style in plain})
        for current, other in ((3, 1), (1, 3)):
            styles = [style for _, style in driver.styles_at(0)]
            assert styles[current] != styles[other] != styles[0], "the match gone to, the other one, and the rest"
            assert "bold" in styles[current] and "bold" not in styles[other]
            driver.transcript.search_previous()
    monkeypatch.setenv("NO_COLOR", "1")
    async with driving(ansi_color=True) as driver:
        driver.app.theme = "ansi-dark"
        await driver.write("\x1b[31mone needle")
        driver.transcript.search("needle")
        driver.transcript.text_select_all()
        await driver.settled()
        strip = driver.app.screen._compositor.render_strips()[0]
        background = driver.app.screen.background_colors[1]
        seen = [style for text, style, _ in strip.apply_filter(driver.app._filters[-1], background) if text.strip()]
        assert any(style.reverse for style in seen if style)
        assert all(style.color is None or style.color.is_default for style in seen if style)


async def test_what_is_selected_keeps_its_colours_and_can_be_read() -> None:
    async with driving() as driver:
        await driver.write("\x1b[31mred\x1b[0m and plain")
        before = {text: style.color for text, style, _ in driver.transcript.render_line(0) if style}
        driver.transcript.text_select_all()
        await driver.settled()
        after = [(text, style) for text, style, _ in driver.transcript.render_line(0) if style and text.strip()]
        assert [text for text, _ in after] == ["red", " and plain"]
        assert all(style.color == before[text] and style.bgcolor != style.color for text, style in after)


async def test_prompts_are_jumped_to_and_their_output_folds() -> None:
    async with driving() as driver:
        transcript = driver.transcript
        for command in range(4):
            transcript.buffer.mark_prompt()
            await driver.write(f"PS> {command}", *(f"out {command}.{line}" for line in range(20)))
        assert transcript.previous_prompt()
        await driver.settled()
        assert driver.rows[0] == "PS> 3"
        assert transcript.previous_prompt() and transcript.previous_prompt()
        await driver.settled()
        assert driver.rows[0] == "PS> 1"
        assert transcript.output_text(1).splitlines() == [f"out 1.{line}" for line in range(20)]
        assert transcript.toggle_fold()
        await driver.settled()
        assert driver.rows[:2] == ["PS> 1  ▸ 20 lines folded", "PS> 2"]
        assert transcript.search("out 1.7") == 1
        await driver.settled()
        assert "out 1.7" in driver.rows, "what is found is unfolded"
        transcript.search("")
        transcript.fold_all()
        await driver.settled()
        assert [row.split("  ")[0] for row in driver.rows[:4]] == ["PS> 0", "PS> 1", "PS> 2", "PS> 3"]
        await driver.write("more output")
        assert driver.rows[3] == "PS> 3  ▸ 21 lines folded"
        transcript.buffer.mark_prompt()
        await driver.write("PS> 4", "shown")
        assert driver.rows[4:6] == ["PS> 4", "shown"]
        transcript.fold_all(False)
        assert not transcript.next_prompt() or transcript.following is False
        await driver.settled()
        assert transcript.row_count == 87


async def test_that_a_long_line_hides_a_fold_is_seen_all_the_same() -> None:
    async with driving() as driver:
        transcript = driver.transcript
        for length in (WRAP, WRAP - 5, WRAP * 2):
            transcript.buffer.mark_prompt()
            await driver.write("x" * length, "output", "more")
            transcript.toggle_fold()
            await driver.until(lambda: any("▸ 2 lines folded" in row for row in driver.rows))
            row = next(y for y, text in enumerate(driver.rows) if "folded" in text)
            assert "…  ▸ 2 lines" in driver.rows[row], "what is cut for it says so"
            await driver.pilot.click(transcript, offset=(driver.rows[row].index("▸") + 3, row))
            await driver.until(lambda: not transcript.any_folded)
            transcript.clear()


async def test_the_streams_differ_in_colour_on_both_themes() -> None:
    for theme in ("textual-dark", "textual-light"):
        async with driving() as driver:
            driver.app.theme = theme
            await driver.pilot.pause()
            for stream in (Stream.OUTPUT, Stream.ERROR, Stream.WARNING, Stream.NOTICE):
                driver.transcript.write(Write("x", stream=stream))
            await driver.settled()
            assert len({driver.styles_at(y)[0][1] for y in range(4)}) == 4


async def test_hostile_text_reaches_no_strip() -> None:
    async with driving() as driver:
        await driver.write("a\x1b]0;title\x07\x1b[2J\x1b[6n\x9b5Ab\x00c", "\u202eevil\x07")
        await driver.pilot.pause()
        for strip in driver.app.screen._compositor.render_strips():
            assert strip.text.isprintable() or not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in strip.text)
        assert driver.rows[:2] == ["abc", "\ufffdevil"]


@pytest.mark.parametrize(("ground", "colours"), [(0x1E1E1E, DARK), (0xF5F5F5, LIGHT)])
def test_the_sixteen_colours_can_be_read(ground: int, colours: tuple[int, ...]) -> None:
    assert min(contrast(colour, ground) for colour in colours) >= 4.5


@pytest.mark.parametrize("colours", [DARK_COLORS, LIGHT_COLORS])
def test_the_colours_of_the_themes_can_be_read_on_both_grounds(colours: Colours) -> None:
    texts = (colours.foreground, colours.calm, colours.accent, colours.warning, colours.error, colours.success)
    for ground in (colours.background, colours.panel):
        assert min(contrast(int(text[1:], 16), int(ground[1:], 16)) for text in texts) >= 4.5


def test_text_on_a_ground_of_its_own_can_be_read() -> None:
    for look in (Look(dark=True), Look(dark=False)):
        palette = Palette(look)
        for ground in range(16):
            style = palette.style(console_style(0, -1, ground))
            assert style.color is not None and style.bgcolor is not None
            assert style.color.triplet is not None and style.bgcolor.triplet is not None
            front, back = (int(color.triplet.hex[1:], 16) for color in (style.color, style.bgcolor) if color.triplet)
            assert contrast(front, back) >= 4.5


def test_native_colours_are_left_to_the_terminal() -> None:
    style = Palette(Look(native=True)).style(apply_sgr(0, "91;44;3"))
    assert style.color is not None and style.color.number == 9
    assert style.bgcolor is not None and style.bgcolor.number == 4
    assert style.italic
