"""Hosts as rows: of a CSV file, whatever its dialect, and of a list of JSON objects.

Columns and keys may be spelled as PowerShell's parameters are (``ComputerName``, ``User Name``, ``use-ssl``). A CSV
file is what spreadsheets and ``Export-Csv`` write: commas, semicolons, tabs or bars, in UTF-8, UTF-16 or the usual code
page of Windows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pstui.backends.addresses import parse_ssh_host
from pstui.backends.discovery.ansible import LeftOutError
from pstui.backends.errors import OpenError

#: characters of a value
MAX_VALUE = 2_000
#: what a row may be about, one of which it needs to be a host
NAMES = ("name", "container_id", "computer_name", "host_name")
_KEYS = (
    *NAMES,
    *("group", "tags", "user_name", "port", "key_file_path", "subsystem", "use_ssl", "authentication"),
    *("application_name", "configuration_name", "session_option"),
)
_SQUEEZED = {key.replace("_", ""): key for key in _KEYS}
_DELIMITERS = ",;\t|"
#: a port, or an account: what is to be taken apart
_PARTS = re.compile(r"@|\A[^:\[]+:\d*\Z|\A\[.*\]:")

#: a host's name, its groups, and the keys of its connection, or why it is left out
Given = tuple[str, Sequence[str], "Mapping[str, Any] | LeftOutError"]


def csv_rows(data: bytes, file: Path) -> list[dict[str, Any]]:
    """Return the rows of a CSV file by their columns. Raises OpenError."""
    lines = io.StringIO(_decoded(data), newline=None).read().split("\n")  # a lone carriage return ends a line, too
    delimiter = ""
    while lines and (lines[0].startswith("#TYPE ") or lines[0].casefold().startswith("sep=")):
        delimiter = lines[0][4:5] if lines[0].casefold().startswith("sep=") else delimiter
        del lines[0]
    unquoted = re.sub(r'"[^"]*"', "", lines[0]) if lines else ""
    delimiter = delimiter or max(_DELIMITERS, key=unquoted.count)
    try:
        read = list(csv.reader(io.StringIO("\n".join(lines), newline=""), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise OpenError(f"{file} is not CSV", str(error)) from error
    columns = [key_of(text) for text in read[0]] if read else []
    twice = next((text for text in columns if text and columns.count(text) > 1), "")
    if twice:
        raise OpenError(f"{file} has two columns {twice}", "", "Give one of them another name.")
    if not set(columns) & set(NAMES):
        why = f"Its first row names the columns; one of them must be {', '.join(NAMES)}."
        raise OpenError(f"{file} names no hosts", why)
    return [dict(zip(columns, row, strict=False)) for row in read[1:] if any(map(str.strip, row))]


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def key_of(text: object) -> str:
    """Return the key of a profile that a column means, by whichever spelling; its own name where it is none."""
    word = str(text).strip().casefold()
    return _SQUEEZED.get(re.sub(r"[\s_-]", "", word), word)


def hosts_of_rows(found: Sequence[Any]) -> Iterator[Given]:
    """Yield what rows say of hosts."""
    for number, row in enumerate(found, 1):
        if not isinstance(row, dict):
            yield f"row {number}", (), LeftOutError("it is not an object")
            continue
        keys = {key_of(key): value for key, value in row.items() if key is not None}
        try:
            name = text_of(keys, "name") or next((text_of(keys, key) for key in NAMES if keys.get(key)), "")
            if not name:
                raise LeftOutError("it has no name that could be entered")
            yield name, _groups(keys), _taken_apart(keys)
        except LeftOutError as error:
            yield f"row {number}", (), error


def _groups(keys: Mapping[str, Any]) -> list[str]:
    tags = keys.get("tags") or ()
    words = tags.replace(";", ",").split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else ()
    groups = [text_of(keys, "group"), *(str(word).strip()[:MAX_VALUE] for word in words)]
    return [group for group in dict.fromkeys(groups) if group]


def _taken_apart(keys: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return keys with the account and the port taken out of the host of SSH. Raises LeftOutError."""
    text = text_of(keys, "host_name")
    if not _PARTS.search(text):
        return keys
    try:
        found = parse_ssh_host(text)
    except ValueError as error:
        raise LeftOutError(f"its host_name cannot be read: {error}") from None
    said = {"user_name": found.user, "port": found.port}
    return {**keys, "host_name": found.host, **{key: value for key, value in said.items() if not keys.get(key)}}


def text_of(keys: Mapping[str, Any], key: str) -> str:
    """Return a value as text, empty for none. Raises LeftOutError for one that is too long or not printable."""
    value = keys.get(key)
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    text = str(value).strip()
    if len(text) > MAX_VALUE or not text.isprintable():
        raise LeftOutError(f"its {key} is not a text that could be used")
    return text
