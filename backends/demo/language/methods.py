"""The few methods that values have in the endpoint's small language."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

from pstui.backends.demo.language.operators import number
from pstui.backends.demo.language.text_format import format_value
from pstui.backends.demo.language.values import Credential, SecureText, Thing, to_text
from pstui.backends.demo.server.errors import bad_argument, not_supported

_TEXT_METHODS: dict[str, Callable[..., Any]] = {
    "toupper": str.upper,
    "tolower": str.lower,
    "trim": lambda text, signs=None: text.strip(signs),
    "trimstart": lambda text, signs=None: text.lstrip(signs),
    "trimend": lambda text, signs=None: text.rstrip(signs),
    "startswith": lambda text, part: text.startswith(to_text(part)),
    "endswith": lambda text, part: text.endswith(to_text(part)),
    "contains": lambda text, part: to_text(part) in text,
    "indexof": lambda text, part: text.find(to_text(part)),
    "replace": lambda text, old, new: text.replace(to_text(old), to_text(new)) if to_text(old) else text,
    "split": lambda text, sign=" ": text.split(to_text(sign) or " "),
    "substring": lambda text, start, size=None: text[int(start) :][: None if size is None else int(size)],
    "padleft": lambda text, size, sign=" ": text.rjust(min(int(size), 10_000), to_text(sign)[0]),
    "padright": lambda text, size, sign=" ": text.ljust(min(int(size), 10_000), to_text(sign)[0]),
}


def method(target: Any, name: str, arguments: list[Any]) -> Any:
    """Call one of the few methods known here. Raises ScriptError for others, StatementError for wrong arguments."""
    lower = name.lower()
    if lower == "tostring":
        return format_value(target, to_text(arguments[0])) if arguments else to_text(target)
    if lower == "gettype":
        raise not_supported("GetType()")
    if isinstance(target, Credential) and lower == "getnetworkcredential":
        return Thing(
            ("System.Net.NetworkCredential",), {"UserName": target.user_name, "Password": target.password.value}
        )
    if isinstance(target, SecureText):
        raise not_supported(f"The method {name} of a SecureString")
    if isinstance(target, datetime.datetime) and re.fullmatch(r"add(days|hours|minutes|seconds)", lower) and arguments:
        return target + datetime.timedelta(**{lower[3:]: float(number(arguments[0]))})
    if isinstance(target, str) and lower in _TEXT_METHODS:
        try:
            return _TEXT_METHODS[lower](target, *arguments)
        except (TypeError, ValueError, IndexError):
            raise bad_argument(f"{name} was called with wrong arguments.", "MethodCountCouldNotFindBest") from None
    raise not_supported(f"The method {name}()")
