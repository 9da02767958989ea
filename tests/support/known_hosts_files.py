"""known_hosts files made up from the constructs of real ones, and which of their lines ``ssh-keygen -F`` finds.

Not among them: a marker before a tab, which OpenSSH passes over and pstui obeys, and lines without a whole key, which
ssh-keygen finds though ssh cannot use them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import re
import subprocess
from pathlib import Path

HOSTS = ("db", "web1", "db.example.org", "10.0.0.7", "[db]:2222", "[10.0.0.7]:22", "::1", "[::1]:2222")
_PATTERNS = (
    "*", "d?", "*.example.org", "10.0.*", "!db", "!*.org", "[db]:*", "[*]:2222", "DB", "Db.Example.org", "?b",
    "[d?]:22*", "d[ab]", "web[1]", "", "!", "**", "d**b", "*:*",
)  # fmt: skip
_MARKERS = ("", "", "", "", "@revoked ", "@cert-authority ", "@unknown ", "@revoked  ", "@", "@revoked")


def make(seed: int) -> tuple[str, str]:
    """Return the text of a file and the host that is looked for."""
    chance = random.Random(seed)
    return "".join(_line(chance) for _ in range(chance.randint(1, 12))), chance.choice(HOSTS)


def _line(chance: random.Random) -> str:
    if chance.random() < 0.08:
        return chance.choice(["\n", "# comment\n", "   # db ssh-ed25519 x\n", "\t\n", "#db\n"])
    names = _hashed(chance) if chance.random() < 0.2 else ",".join(_name(chance) for _ in range(chance.randint(1, 3)))
    key = base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + chance.randbytes(32)).decode()
    parts = [chance.choice(["", "", "", " ", "\t"]), chance.choice(_MARKERS), names]
    parts += [chance.choice([" ", " ", "\t", "  "]), "ssh-ed25519", chance.choice([" ", " ", "\t"]), key]
    parts.append(chance.choice(["", "", " a comment", " # x", "  ", "\r"]))
    return "".join(parts) + "\n"


def _name(chance: random.Random) -> str:
    return chance.choice(HOSTS) if chance.random() < 0.5 else chance.choice(_PATTERNS)


def _hashed(chance: random.Random) -> str:
    salt = chance.randbytes(20)
    digest = hmac.new(salt, chance.choice(HOSTS).encode(), hashlib.sha1).digest()
    made = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    return (
        made if chance.random() < 0.9 else chance.choice([made[:-3], made.replace("|1|", "|2|"), "|1|x|y", made + "|"])
    )


def ask_keygen(file: Path, host: str) -> dict[int, str]:
    """Return the numbers of the lines that mean a host, each with its marker: ``CA``, ``REVOKED`` or nothing."""
    asked = subprocess.run(
        ["ssh-keygen", "-F", host, "-f", str(file)],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    found = re.finditer(rb"^# Host .* found: line (\d+) ?(\w*)", asked.stdout, re.MULTILINE)
    return {int(one[1]): one[2].decode() for one in found}
