"""Names and paths: how a computer writes them, and which names are taken from a far end.

A far end says what its files are called. A name that would lead somewhere else (``..``, one with a separator), or that
would do something to a terminal, is refused: nothing is written outside the destination.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata
from dataclasses import dataclass

#: what a file is called until all of it is there
PART = ".pstui-part"
#: longest name in bytes of UTF-8, as Linux, macOS and Windows have it
MAX_NAME = 255
#: longest path in characters that is taken from a far end
MAX_PATH = 4096

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
#: characters that Windows refuses in a name, and the names of its devices, with any extension
#: (learn.microsoft.com, "Naming Files, Paths, and Namespaces")
_NOT_IN_WINDOWS = re.compile(r'[<>:"/\\|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\..*)?", re.IGNORECASE)
_DRIVE = re.compile(r"/?[A-Za-z]:([/\\]|$)")
#: how an absolute path of Windows begins: with a drive, or with a server and its share; ``\\\\?\\C:`` is written alike
_HEAD = re.compile(r"/?[A-Za-z]:|[/\\]{2}[^/\\]+[/\\][^/\\]+")


@dataclass(frozen=True, slots=True)
class Names:
    """How one computer writes paths: its ``separator``, and whether its names are those of Windows.

    ``home`` is the folder that ``~`` means; where it is empty, that is the one that paths are counted from.
    """

    separator: str = "/"
    is_windows: bool = False
    home: str = ""
    #: whether names are one that differ in case, or in how an accent is written, as on most disks of macOS
    folds: bool = False

    def join(self, folder: str, name: str) -> str:
        """Return the path of a name in a folder."""
        if not folder:
            return name
        return folder + name if folder[-1] in self._separators else folder + self.separator + name

    def split(self, path: str) -> tuple[str, str]:
        """Return the folder of a path, as it is written, and the last name in it."""
        trimmed = self.trim(path)
        if self.is_root(trimmed):
            return trimmed, ""
        at = max(trimmed.rfind(one) for one in self._separators)
        if at < 0:
            return "", trimmed
        folder, name = trimmed[:at], trimmed[at + 1 :]
        if not folder or _DRIVE.fullmatch(folder):
            folder = trimmed[: at + 1]
        return folder, name

    def trim(self, path: str) -> str:
        """Return a path without separators at its end, unless it is a root."""
        while len(path) > 1 and path[-1] in self._separators and not self.is_root(path):
            path = path[:-1]
        return path

    def is_root(self, path: str) -> bool:
        """Whether nothing stands above a path."""
        if self.is_windows and (head := _HEAD.match(path)):
            return path[head.end() :] in ("", *self._separators)
        return bool(path) and all(one in self._separators for one in path)

    def is_absolute(self, path: str) -> bool:
        """Whether a path does not depend on where one is."""
        if self.is_windows and (_DRIVE.match(path) or path.startswith("\\\\")):
            return True
        return path.startswith("/")

    def above(self, path: str) -> str:
        """Return the folder above an absolute path; a root's is itself."""
        return self.split(path)[0] or path

    def absolute(self, path: str, here: str) -> str:
        """Return a path counted from a folder, with ``.`` and ``..`` taken out by the text alone."""
        if path[:1] == "~" and path[1:2] in ("", *self._separators):
            here, path = self.home or here, path[2:].lstrip(self._separators)
        if self.is_windows:
            here, path = self._on_drive(path, here)
        whole = path if self.is_absolute(path) else self.join(here, path) if path else here
        parts: list[str] = []
        head = ""
        if self.is_windows and (found := _HEAD.match(whole)):
            head, whole = found.group(), whole[found.end() :]
        for part in re.split(r"[/\\]" if self.is_windows else "/", whole):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        return head + self.separator + self.separator.join(parts)

    def _on_drive(self, path: str, here: str) -> tuple[str, str]:
        """Return from where a path of Windows is counted that lacks its drive or the way from the drive's top.

        ``C:x`` is counted from the folder one is in on that drive; of another than that of ``here``, it is its top.
        """
        at = _HEAD.match(here)
        top = at.group() if at else ""
        if (drive := re.match(r"[A-Za-z]:(?![/\\])", path)) is not None:
            is_here = top.lstrip("/").casefold() == drive.group().casefold()
            return here if is_here else drive.group() + self.separator, path[2:]
        if self.separator == "\\" and path[:1] in ("/", "\\") and not _HEAD.match(path):
            return top + self.separator, path.lstrip("/\\")
        return here, path

    def refusal(self, name: str) -> str:
        """Return why a name cannot be one in a folder of this computer, empty where it can."""
        if (why := odd(name)) or not self.is_windows:
            return why
        if _NOT_IN_WINDOWS.search(name):
            return 'Windows allows none of < > : " / \\ | ? * in a name.'
        if name[-1] in ". ":
            return "Windows allows no name that ends with a dot or a space."
        if _DEVICE.fullmatch(name):
            return "Windows has a device of that name."
        return ""

    def key(self, name: str) -> str:
        """Return what two names share that are one here."""
        if self.folds:
            return folded(name)
        return name.casefold() if self.is_windows else name

    @property
    def _separators(self) -> str:
        return "/\\" if self.is_windows else "/"


POSIX = Names()
WINDOWS = Names("\\", is_windows=True)
#: Windows over SFTP: ``/C:/Users``
WINDOWS_SFTP = Names("/", is_windows=True)


def folded(name: str) -> str:
    """Return what two names share that differ in case, or in how an accent is written, at most."""
    return unicodedata.normalize("NFC", name).casefold()


def odd(name: str) -> str:
    """Return why a name is refused on every computer, empty where it is not."""
    if name in ("", ".", ".."):
        return "It is not the name of a file but leads to another folder."
    if "/" in name or "\0" in name:
        return "A name with a separator in it leads to another folder."
    if odd_text(name):
        return "It has control characters in it."
    if len(name.encode("utf-8", "surrogateescape" if _is_bytes(name) else "replace")) > MAX_NAME:
        return f"It is longer than {MAX_NAME} bytes."
    return ""


def odd_text(text: str) -> bool:
    """Whether a text has control characters in it, which would do something to a terminal."""
    return _CONTROL.search(text) is not None


def _is_bytes(name: str) -> bool:
    """Whether the lone surrogates in a name are those that stand for bytes."""
    return all(0xDC80 <= ord(one) <= 0xDCFF for one in name if 0xD800 <= ord(one) <= 0xDFFF)


def part_name(name: str) -> str:
    """Return what a file is called until all of it is there: NAME.pstui-part, shortened where that is too long."""
    if len(name.encode("utf-8", "replace")) + len(PART) <= MAX_NAME:
        return name + PART
    mark = "~" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12] + PART
    short = name
    while len(short.encode("utf-8", "replace")) + len(mark) > MAX_NAME:
        short = short[:-1]
    return short + mark


def leads_outside(folder: str, target: str) -> bool:
    """Whether a link's target may leave the tree it is in; ``folder`` is the link's own, relative to the tree's top.

    ``..`` behind a name counts as leaving: the name may be a link itself.
    """
    text = target.replace("\\", "/")
    if not text or text.startswith("/") or _DRIVE.match(text) or odd_text(text):
        return True
    if re.search(r"(^|/)(?!\.\.?(/|$))[^/]+/(.*/)?\.\.(/|$)", text):
        return True
    return posixpath.normpath(posixpath.join(folder.replace("\\", "/"), text)).partition("/")[0] == ".."
