"""Text without control characters made harmless: nothing hides, reorders or misplaces anything.

Characters that a hostile or careless far end could use to hide, reorder or misplace text are made harmless:

- bidirectional embeddings, overrides and isolates become U+FFFD: something was there, but it reorders nothing;
- characters that show nothing (zero-width space and non-joiner, marks of direction, soft hyphen, tag characters,
  variation selectors that no emoji uses, byte order marks) are removed: they only hide or smuggle;
- the zero-width joiner stays between emoji, at most three in a row, as the longest family of Unicode has; the
  emoji selectors stay after an emoji;
- more than four combining marks on one character are cut, so that no column grows over the rows above;
- line and paragraph separators become a space, surrogates are paired, a lone one becomes U+FFFD.
"""

from __future__ import annotations

import re
from typing import Final

#: Longest tail of already cleaned text that can decide about what follows: a chain of four emoji with its selectors,
#: modifiers and joiners (15 characters) and four marks, rounded up.
CONTEXT: Final = 24

_BIDI: Final = "\u202a-\u202e\u2066-\u2069"
_INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u2060-\u2065\u206a-\u206f"
    "\ufe00-\ufe0d\ufeff\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_MARKS: Final = (
    "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_EMOJI: Final = "\u203c-\u2064\u2070-\u20cf\u2100-\u3299\U0001f000-\U0001fbff"

#: Any character that this module may change. Text without one is clean.
UNCLEAN_CLASS: Final = f"{_BIDI}{_INVISIBLE}{_MARKS}\u2028\u2029\u200d\ufe0e\ufe0f\ud800-\udfff"

UNCLEAN: Final = re.compile(f"[{UNCLEAN_CLASS}]")
_BIDI_CHARACTER = re.compile(f"[{_BIDI}]")
_INVISIBLE_CHARACTER = re.compile(f"[{_INVISIBLE}]")
_SEPARATOR = re.compile("[\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRAY_SELECTOR = re.compile(f"(?<![{_EMOJI}])[\ufe0e\ufe0f]+|(?<=[\ufe0e\ufe0f])[\ufe0e\ufe0f]+")
_STRAY_JOINER = re.compile(f"(?<![{_EMOJI}\ufe0f])\u200d+|\u200d+(?![{_EMOJI}\u200d])|(?<=\u200d)\u200d+")
_LONG_CHAIN = re.compile(f"((?:\u200d[{_EMOJI}]\ufe0f?[\U0001f3fb-\U0001f3ff]?){{3}})\u200d")
_MANY_MARKS = re.compile(f"(?<=[{_MARKS}]{{4}})[{_MARKS}]+")


def clean(text: str, context: str = "") -> str:
    """The text made harmless as described above.

    Args:
        text: Text without control characters.
        context: The end of the cleaned text before it (at most CONTEXT characters are looked at), so that a cluster
            sent in two pieces comes out as if sent in one.
    """
    if UNCLEAN.search(text) is None:
        return text
    if _SURROGATE.search(text) is not None:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _SEPARATOR.sub(" ", _INVISIBLE_CHARACTER.sub("", _BIDI_CHARACTER.sub("\ufffd", text)))
    if not context:
        return _join(text)
    before = _join(context)
    return _join(before + text)[len(before) :]


def _join(text: str) -> str:
    """Drop what joins or stacks without need."""
    text = _STRAY_SELECTOR.sub("", text)
    text = _STRAY_JOINER.sub("", text)
    text = _LONG_CHAIN.sub(r"\1", text)
    return _MANY_MARKS.sub("", text)


def incomplete_tail(text: str) -> int:
    """How many characters at the end cannot be judged before more text has come (a joiner, half a surrogate pair)."""
    kept = len(text)
    if kept and "\ud800" <= text[kept - 1] <= "\udbff":
        return 1
    while kept and text[kept - 1] == "\u200d":
        kept -= 1
    return len(text) - kept
