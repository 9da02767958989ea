"""What ssh runs as its SSH_ASKPASS: it hands the question to pstui and prints the answer.

It runs by itself, without the rest of pstui: ``python -I -S askpass_helper.py FOLDER QUESTION``. FOLDER holds the
socket and the token, which holds for one question. Without an answer it ends with 1, which ssh takes for a refusal.
"""

from __future__ import annotations

import json
import os
import socket
import sys

#: readings of the token: another question may have used it up a moment ago
TRIES = 20
#: most bytes of an answer
MAX_ANSWER = 65536


def ask(folder: str, question: str) -> dict[str, object]:
    """Return what pstui says: ``answer``, or ``again`` where the token held no longer. Raises OSError, ValueError."""
    with open(os.path.join(folder, "token"), encoding="ascii") as stream:  # noqa: PTH118, PTH123  without imports
        token = stream.read()
    told = {
        "token": token,
        "question": question,
        "kind": os.environ.get("SSH_ASKPASS_PROMPT", ""),
        "asker": os.getppid(),
    }
    if sys.platform == "win32":
        raise OSError("no socket has a path here")
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(os.path.join(folder, "socket"))  # noqa: PTH118  as above
        line.sendall(json.dumps(told).encode("ascii") + b"\n")
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < MAX_ANSWER and (part := line.recv(4096)):
            answer += part
    found: dict[str, object] = json.loads(answer or b"{}")
    return found


def main(arguments: list[str]) -> int:
    """Ask, print, and return the exit code."""
    folder, question = (*arguments, "", "")[:2]
    for _ in range(TRIES):
        try:
            told = ask(folder, question)
        except (OSError, ValueError):
            return 1
        if not told.get("again"):
            break
    answer = told.get("answer")
    if not isinstance(answer, str):
        return 1
    sys.stdout.buffer.write(answer.encode("utf-8", "surrogateescape") + b"\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
