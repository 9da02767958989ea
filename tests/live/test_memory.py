"""A flood takes no memory beyond the text that is kept, however long it lasts: what is read is not piled up."""

from __future__ import annotations

from pathlib import Path

from tests.bench._beside import ours
from tests.support.powershell import real_server
from tests.support.sshd import Sshd

__all__ = ["real_server"]

LINES = 10_000
#: MiB that the text of those lines and what it leaves between the blocks may take; where all that was read piled up
#: before it was shown, 25,000 lines took 50
ROOM = 12


def test_a_flood_leaves_the_memory_as_it_was(real_server: Sshd, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(real_server.known_hosts_line)
    with ours(real_server, tmp_path) as there:
        there.send("1..2000\r")
        there.prompt()
        before = there.rss
        there.send(f"1..{LINES}\r")
        there.prompt()
        assert there.rss - before < ROOM
