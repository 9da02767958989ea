"""The engine: copies what was planned from one file system to another, resumes, checks, and says how each went.

How this works. A file is written to ``NAME.pstui-part`` beside its place and gets its name when all of it is there,
checked, with its time and permissions; so nothing half-written ever stands under the final name. A part that a cut
left behind is taken up where its size and an overlap of its end agree with the source. The SHA-256 of what was sent is
compared with what the far end computes where it can. Several files travel side by side, as many ``lanes`` as both ends
have; one that fails is told of, and the others go on, unless an end is lost.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, nullcontext, suppress
from dataclasses import dataclass, field

from pstui.backends.files.base import Entry, FileError, FileSystem, Kind, Pieces, Reason, Settled, as_kept
from pstui.backends.files.names import folded, part_name
from pstui.backends.files.options import Existing, Options
from pstui.backends.files.plan import Item, Outcome, Plan, Planner, State, expanded

#: bytes from which on a file is large: those fill the way by themselves, and only so many travel at once
LARGE, LARGE_LANES = 1024 * 1024, 4
#: seconds by which two times may differ and still be one: FAT keeps every second one
SAME_TIME = 2.0
#: the parts that copies of this process write now: the label of the destination, and the path
_WRITTEN: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says about a file that is there; ``for_all`` holds for all that follow."""

    existing: Existing
    for_all: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that is there already and differs from the one that is to come."""

    path: str
    to: str
    source: Entry
    there: Entry


Ask = Callable[[Conflict], Awaitable[Answer]]


async def nobody(conflict: Conflict) -> Answer:
    """Answer where nobody can be asked: it stays as it is."""
    return Answer(Existing.SKIP)


@dataclass(slots=True)
class Progress:
    """How far a copy is. Sizes are in bytes; ``total`` and ``files`` grow while it is planned."""

    total: int = 0
    done: int = 0
    #: of ``done``, what need not be sent: it was there already
    spared: int = 0
    files: int = 0
    finished: int = 0
    current: str = ""
    is_planned: bool = False
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Bytes a second so far."""
        return (self.done - self.spared) / max(time.monotonic() - self.started, 0.001)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at this rate, None where it cannot be known yet."""
        rate = self.rate
        return None if not self.is_planned or rate < 1 else max(self.total - self.done, 0) / rate


class Transfer:
    """One copy. ``on_outcome`` is told how each file went; ``progress`` can be looked at at any time."""

    def __init__(
        self,
        source: FileSystem,
        destination: FileSystem,
        options: Options,
        *,
        ask: Ask = nobody,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self.source, self.destination, self.options = source, destination, options
        self._ends = (source, destination)
        self.progress = Progress()
        self.outcomes: list[Outcome] = []
        self._ask, self._on_outcome = ask, on_outcome
        self._existing = Existing.OVERWRITE if options.forces else options.existing
        self._asking = asyncio.Lock()
        self._running = asyncio.Event()
        self._running.set()
        #: what stands in the folders of the destination, by folder and key of the name
        self._there: dict[str, dict[str, Entry]] = {}
        #: what those names share that may be one for the destination, by folder
        self._alike: dict[str, set[str]] = {}
        self._failed_folders: set[str] = set()
        self._large = asyncio.Semaphore(LARGE_LANES)

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return not self._running.is_set()

    def pause(self) -> None:
        """Stand still until ``go_on``."""
        self._running.clear()

    def go_on(self) -> None:
        """Go on after a pause."""
        self._running.set()

    @property
    def failed(self) -> bool:
        """Whether anything was not copied that should have been."""
        return any(each.state is State.FAILED for each in self.outcomes)

    async def run(self, paths: Sequence[str], to: str) -> Sequence[Outcome]:
        """Copy ``paths`` to ``to``: into it where it is a folder or several are copied, else to become it.

        Returns how each went. Raises FileError where one of the ends is lost, or the destination cannot be used; what
        was copied until then stays, and a second call goes on behind it.
        """
        names = self.destination.names
        place = names.absolute(to, self.destination.here)
        there = await self.destination.stat(place)
        wanted: list[str] = []
        for path in paths:
            try:
                wanted += [path] if self.options.literal else await expanded(self.source, path)
            except FileError as error:
                self._tell_failure(path, to, error)
        into = there is not None and there.kind is Kind.FOLDER
        ends_in_slash = to.endswith(("/", "\\") if names.is_windows else "/")
        if there is None and ends_in_slash and len(wanted) == 1:  # only a folder becomes what is called so
            source = await self.source.stat(wanted[0])
            ends_in_slash = source is None or source.kind is not Kind.FOLDER
        if not into and (len(wanted) > 1 or ends_in_slash):
            what = "is not a folder" if there is not None else "is not there"
            why = "Several things, or a name with a slash at its end, need a folder."
            raise FileError(f"{to} {what}", why, reason=Reason.OTHER if there is not None else Reason.MISSING)
        if there is None:
            await self._check_above(to, place)
        planner = Planner(self.source, self.destination, self.options, self._planned)
        await planner.add(wanted, place, into=into)
        self._planned(planner.plan)
        self.progress.is_planned = True
        self.progress.started = time.monotonic()
        for outcome in planner.plan.refused:
            self._tell(outcome)
        await self._copy(planner.plan)
        return self.outcomes

    async def _check_above(self, to: str, place: str) -> None:
        """Raise FileError where there is no folder that what is copied could be in."""
        folder = self.destination.names.above(place)
        try:
            above = await self.destination.stat(folder)
        except FileError:
            return  # it may be used all the same
        if above is None or above.kind is not Kind.FOLDER:
            why = f"{folder} is {'not there' if above is None else 'no folder'}."
            raise FileError(f"{to} cannot be made", why, "Make that folder first.", reason=Reason.MISSING)

    def _planned(self, plan: Plan) -> None:
        self.progress.total, self.progress.files = plan.size, len(plan.others)

    async def _copy(self, plan: Plan) -> None:
        made: list[Item] = []
        for item in plan.folders:
            if await self._folder(item):
                made.append(item)
        waiting = iter(plan.others)

        async def lane() -> None:
            for item in waiting:
                await self._item(item)

        lanes = min(self.source.lanes, self.destination.lanes)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(lanes):
                    group.create_task(lane())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        for item in reversed(made):
            await self._end_folder(item)

    # -- folders -----------------------------------------------------------------------------------------------

    async def _folder(self, item: Item) -> bool:
        """Make a folder, or take the one that is there; a link is none, for it leads somewhere else."""
        above = self.destination.names.split(item.to)[0]
        try:
            if above in self._failed_folders:
                raise FileError(f"{item.path} cannot be copied", f"{above} could not be made.")
            there = await self.destination.stat(item.to, follow=False)
            if there is not None and there.kind is Kind.LINK and above not in self._there:
                there = await self.destination.stat(item.to)  # the person named it
            if there is None:
                await self.destination.make_folder(item.to)
                self._there[item.to] = {}
                return True
            if there.kind is not Kind.FOLDER:
                why = f"A {there.kind.value} of that name is there."
                raise FileError(f"{item.to} cannot be made a folder", why, reason=Reason.EXISTS)
            key = self.destination.names.key
            entries = await self.destination.entries(item.to)
            self._there[item.to] = {key(each.name): each for each in entries}
            self._alike[item.to] = {folded(each.name) for each in entries}
        except FileError as error:
            self._tell_failure(item.path, item.to, error)
            self._failed_folders.add(item.to)
            return False
        return True

    async def _end_folder(self, item: Item) -> None:
        try:
            if self.options.keeps:
                with suppress(FileError):
                    await self.destination.set_attributes(item.to, item.entry.modified, item.entry.mode)
            if self.options.moves:
                await self.source.remove(item.path, folder=True)
        except FileError as error:
            if error.reason is not Reason.EXISTS:  # what could not be moved is still in it
                self._tell_failure(item.path, item.to, error)

    # -- files and links ---------------------------------------------------------------------------------------

    async def _item(self, item: Item) -> None:
        await self._running.wait()
        tally = _Tally(self.progress)
        try:
            above = self.destination.names.split(item.to)[0]
            if above in self._failed_folders:
                raise FileError(f"{item.path} cannot be copied", f"{above} could not be made.")
            self.progress.current = item.path
            async with self._large if item.entry.size >= LARGE else nullcontext():
                outcome = await self._one(item, tally)
            if self.options.moves and outcome.state in (State.COPIED, State.SAME):
                await self.source.remove(item.path)
        except FileError as error:
            self._tell_failure(item.path, item.to, error)
        else:
            self._tell(outcome)
        tally.spare(item.entry.size)
        self.progress.finished += 1

    async def _one(self, item: Item, tally: _Tally) -> Outcome:
        there = await self._at(item.to)
        size = item.entry.size
        if there is not None:
            if self._is_same(item.entry, there):
                return Outcome(item.path, item.to, State.SAME, size)
            if there.kind in (Kind.FOLDER, Kind.OTHER):
                why = f"A {there.kind.value} of that name is there."
                raise FileError(f"{item.to} cannot be written", why, "Remove it, or copy elsewhere.")
            if why := await self._kept(item, there):
                return Outcome(item.path, item.to, State.SKIPPED, size, why)
        if item.entry.kind is Kind.LINK:
            if there is not None:
                await self.destination.remove(item.to)
            await self.destination.make_link(item.to, item.entry.target)
            return Outcome(item.path, item.to, State.COPIED)
        return await self._file(item, tally)

    async def _at(self, path: str) -> Entry | None:
        """Return what stands at a place of the destination."""
        folder, name = self.destination.names.split(path)
        known = self._there.get(folder)
        if known is not None:
            found = known.get(self.destination.names.key(name))
            if found is not None or folded(name) not in self._alike.get(folder, ()):
                return found
        return await self.destination.stat(path, follow=False)

    def _is_same(self, entry: Entry, there: Entry) -> bool:
        """Whether a file looks like the one to come, so that it need not come."""
        if self.options.forces or entry.kind is not there.kind:
            return False
        if entry.kind is Kind.LINK:
            return entry.target == there.target
        if entry.size != there.size or entry.modified is None or there.modified is None:
            return False
        modified = as_kept(entry.modified, self.destination.times)
        return self.options.keeps and abs(modified - there.modified) < SAME_TIME

    async def _kept(self, item: Item, there: Entry) -> str:
        """Return why a file that is there stays, empty where it is overwritten."""
        async with self._asking:
            wanted = self._existing
            if wanted is Existing.ASK:
                answer = await self._ask(Conflict(item.path, item.to, item.entry, there))
                wanted = answer.existing
                if answer.for_all:
                    self._existing = wanted
        if wanted is Existing.NEWER:
            newer = (item.entry.modified or 0) >= (there.modified or 0) + SAME_TIME
            return "" if newer else "What is there is not older."
        return "" if wanted is Existing.OVERWRITE else "It is there already, and differs."

    async def _file(self, item: Item, tally: _Tally) -> Outcome:
        names = self.destination.names
        folder, name = names.split(item.to)
        part = names.join(folder, part_name(name))
        begun = await self._at(part)
        key = (self.destination.label, part)
        if key in _WRITTEN:
            why, hint = "Another copy writes it now.", "Copy again when that has ended."
            raise FileError(f"{item.to} cannot be written", why, hint, reason=Reason.BUSY)
        _WRITTEN.add(key)
        try:
            at = 0 if begun is None else await self._resumable(item, part, begun)
            text = await self._content(item, part, at, tally)
            if text is None and at:  # what was taken up was not the beginning of it after all
                text = await self._content(item, part, 0, tally)
            if text is None:
                why = "The sums of what was sent and of what is there differ."
                raise FileError(f"{item.to} was damaged on the way", why, "Copy it again.", reason=Reason.CHANGED)
        except FileError as error:
            if error.reason not in (Reason.LOST, Reason.BUSY):
                with suppress(FileError):
                    await self.destination.remove(part)
            raise
        finally:
            _WRITTEN.discard(key)
        return Outcome(item.path, item.to, State.COPIED, item.entry.size, text)

    async def _content(self, item: Item, part: str, at: int, tally: _Tally) -> str | None:
        """Send the content from ``at`` on and settle it; return what is to be said of it, None where the sums differ.

        Where nothing is compared afterwards it is settled with its last byte.
        """
        tally.spare(at)
        entry, sums = item.entry, hashlib.sha256() if self.options.checks and not at else None
        settled = Settled(item.to, entry.modified, entry.mode) if self.options.keeps else Settled(item.to)
        compares = self.options.checks and (at > 0 or any(self._is_asked(end, entry.size) for end in self._ends))
        said: list[str] = []
        async with aclosing(self._pieces(item, at, sums if compares else None, tally, said)) as pieces:
            at_once = None if compares else settled
            await self.destination.write(part, at, pieces, mode=settled.mode, settled=at_once)
        if compares:
            if not await self._agrees(item, part, None if sums is None else sums.hexdigest()):
                return None
            await self.destination.settle(part, settled)
        return "".join(said)

    @staticmethod
    def _is_asked(end: FileSystem, size: int) -> bool:
        """Whether an end is asked for the sum of a file that passed this computer."""
        return bool(end.label) and size >= end.digests_from

    async def _agrees(self, item: Item, part: str, passed: str | None) -> bool:
        """Whether both ends have the same content, as far as they can tell; ``passed`` is the sum of all that passed.

        This computer is asked only where nothing passed it: the beginning of a file that was taken up.
        """
        sums = {passed}
        # What another copy writes at the same time may be longer, behind the same beginning.
        if item.entry.size >= LARGE:
            there = await self.destination.stat(part, follow=False)
            if there is None or there.size != item.entry.size:
                return False
        for end, path in zip(self._ends, (item.path, part), strict=True):
            if passed is None or self._is_asked(end, item.entry.size):
                sums.add(await end.digest(path, item.entry.size))
        return len(sums - {None}) <= 1

    async def _pieces(self, item: Item, at: int, sums: hashlib._Hash | None, tally: _Tally, said: list[str]) -> Pieces:
        """Yield the content; at its end the source is looked at once more, while the last of it is on its way.

        Raises FileError where it is another one now; what is to be ``said`` of one that has grown is added there.
        """
        size = item.entry.size
        async with aclosing(self.source.read(item.path, at, size - at)) as reading:
            async for piece in reading:
                await self._running.wait()
                if sums is not None:
                    sums.update(piece)
                yield piece
                tally.add(len(piece))
        after = await self.source.stat(item.path)
        if tally.done < size or after is None or after.size < size:
            what = f"{item.path} has become shorter while it was copied"
            raise FileError(what, "", "Copy it again.", reason=Reason.CHANGED)
        if after.size == size and after.modified != item.entry.modified:
            raise FileError(f"{item.path} was changed while it was copied", "", "Copy it again.", reason=Reason.CHANGED)
        if after.size > size:
            said.append(f"It has grown meanwhile: the first {size:,} bytes are there.")

    async def _resumable(self, item: Item, part: str, begun: Entry) -> int:
        """Return from where on a part that a cut left can be gone on with; 0 where it is of no use.

        Its size fits, and what stands before the part's end, which is written anew, is what the source has there.
        """
        if begun.kind is not Kind.FILE:
            await self.destination.remove(part, folder=begun.kind is Kind.FOLDER)
            return 0
        overlap = self.options.overlap
        at = begun.size - overlap
        if at <= 0 or begun.size > item.entry.size:
            return 0
        start = max(0, at - overlap)
        mine, theirs = await asyncio.gather(
            _sum(self.source.read(item.path, start, at - start)), _sum(self.destination.read(part, start, at - start))
        )
        return at if mine == theirs else 0

    def _tell_failure(self, path: str, to: str, error: FileError) -> None:
        if error.reason is Reason.LOST:
            raise error
        self._tell(Outcome(path, to, State.FAILED, 0, error.text(), error.reason))

    def _tell(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._on_outcome(outcome)


class _Tally:
    """What one file adds to the progress of all."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.done = 0

    def add(self, size: int) -> None:
        """Count what was sent."""
        self.done += size
        self._progress.done += size

    def spare(self, at: int) -> None:
        """Count as if all before ``at`` had been there, and nothing behind it."""
        self._progress.done += at - self.done
        self._progress.spared += max(0, at - self.done)
        self.done = at


async def _sum(reading: Pieces) -> str:
    found = hashlib.sha256()
    async with aclosing(reading):
        async for piece in reading:
            found.update(piece)
    return found.hexdigest()
