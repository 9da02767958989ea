"""A flood takes hardly more memory than the text that is kept, what lies unused between the blocks included."""

from __future__ import annotations

from pathlib import Path

from tests.bench._beside import ours
from tests.support.powershell import real_server
from tests.support.sshd import Sshd

__all__ = ["real_server"]

LINES = 10_000
#: MiB more than before them: usually 1 to 5; 2 KB that stay behind with each line would be 20
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
