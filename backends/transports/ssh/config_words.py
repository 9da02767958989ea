"""The lines of ssh_config(5) as OpenSSH cuts them into words, and its patterns.

Values are cut by its argv_split, keywords and the criteria of ``Match`` by its strdelim.
"""

from __future__ import annotations

import re

_BLANK = " \t\r\n"


def split_words(text: str) -> list[str]:
    """Cut a value into words as OpenSSH does: quotes of both kinds, a few escapes, a comment. Raises ValueError."""
    words: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        if text[at] == "#":
            break
        word, quote = "", ""
        while at < len(text):
            char, after = text[at], text[at + 1 : at + 2]
            if char == "\\" and after and (after in "'\"\\" or (after == " " and not quote)):
                word += after
                at += 1
            elif not quote and char in " \t":
                break
            elif not quote and char in "'\"":
                quote = char
            elif char == quote:
                quote = ""
            else:
                word += char
            at += 1
        if quote:
            raise ValueError("invalid quotes")
        words.append(word)
    return words


def next_word(text: str) -> tuple[str | None, str | None]:
    """Return the next word and the rest, as OpenSSH's strdelim does; None is the end, or a quote without its end."""
    found = re.search(r'[ \t\r\n"=]', text)
    if found is None:
        return text, None
    at = found.start()
    if text[at] == '"':
        end = text.find('"', at + 1)
        if end < 0:
            return None, None
        return text[:at] + text[at + 1 : end], text[end + 1 :].lstrip(_BLANK)
    rest = text[at + 1 :].lstrip(_BLANK)
    if text[at] != "=" and rest.startswith("="):
        rest = rest[1:].lstrip(_BLANK)
    return text[:at], rest


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern of ``*`` and ``?`` means a text. Only the last star takes more, so none takes long."""
    at = here = taken = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, taken = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            taken += 1
            at, here = star + 1, taken
        else:
            return False
    return not pattern[at:].strip("*")


def matches_list(patterns: str, text: str) -> bool:
    """Return whether a list with commas means a text: one pattern fits, and none with an exclamation mark does."""
    found = False
    for pattern in patterns.split(","):
        if matches(pattern.removeprefix("!"), text):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def read_line(line: str) -> tuple[str, str]:
    """Return the keyword of a line in lower case and what follows it; both empty where there is none."""
    text = line[:1] + line[1:].rstrip(_BLANK + "\f")
    keyword, rest = next_word(text)
    if keyword == "" and rest is not None:
        keyword, rest = next_word(rest)
    if not keyword or keyword.startswith("#"):
        return "", ""
    return keyword.lower(), (rest or "").lstrip(_BLANK)
