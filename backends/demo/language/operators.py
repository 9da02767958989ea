"""What the operators, the casts and the few methods of the endpoint's language do."""

from __future__ import annotations

import datetime
import fnmatch
import re
from collections.abc import Callable
from typing import Any

from pstui.backends.demo.language.errors import ErrorInfo, StatementError, bad_argument, not_supported
from pstui.backends.demo.language.values import (
    MAX_ITEMS,
    MAX_TEXT,
    Credential,
    SecureText,
    Thing,
    TooLarge,
    bounded,
    compare,
    custom_object,
    format_value,
    formatted,
    is_list,
    is_true,
    to_items,
    to_number,
    to_text,
)

_COMPARE: dict[str, Callable[[int], bool]] = {
    "eq": lambda order: order == 0,
    "ne": lambda order: order != 0,
    "gt": lambda order: order > 0,
    "ge": lambda order: order >= 0,
    "lt": lambda order: order < 0,
    "le": lambda order: order <= 0,
}


def binary(operator: str, left: Any, right: Any) -> Any:
    """Apply an operator whose sides are both evaluated. Raises StatementError, ScriptError or TooLarge."""
    if operator in _COMPARE:
        return _filtered(left, lambda item: _compared(operator, item, right))
    match operator:
        case "+" | "-" | "*" | "/" | "%":
            return arithmetic(operator, left, right)
        case "..":
            return count_range(left, right)
        case "xor":
            return is_true(left) != is_true(right)
        case "like" | "notlike":
            pattern = wildcard(to_text(right))
            wanted = operator == "like"
            return _filtered(left, lambda item: bool(pattern.match(to_text(item))) == wanted)
        case "match" | "notmatch":
            found = regex(right)
            wanted = operator == "match"
            return _filtered(left, lambda item: bool(found.search(to_text(item)[:MAX_SUBJECT])) == wanted)
        case "contains" | "notcontains":
            return any(compare(item, right) == 0 for item in to_items(left)) == (operator == "contains")
        case "in" | "notin":
            return any(compare(item, left) == 0 for item in to_items(right)) == (operator == "in")
        case "join":
            return to_text(right).join(map(to_text, to_items(left)))
        case "split":
            return [part for item in to_items(left) for part in regex(right).split(to_text(item)[:MAX_SUBJECT])]
        case "replace":
            pair = [*to_items(right), "", ""]
            return regex(pair[0]).sub(lambda _: to_text(pair[1]), to_text(left)[:MAX_SUBJECT])
        case "f":
            return formatted(to_text(left), to_items(right))
    raise not_supported(f"The operator -{operator}")


#: a pattern meets at most this much text, because patterns can be made slow on purpose
MAX_SUBJECT = 4096


_SLOW = re.compile(r"[+*}|][^()]*\)+[+*{]")


def _compared(operator: str, left: Any, right: Any) -> bool:
    order = compare(left, right)
    if order is None:
        if operator in ("eq", "ne"):
            return operator == "ne"
        raise bad_argument(
            f"'{to_text(right)[:80]}' cannot be compared with '{to_text(left)[:80]}'.", "ComparisonFailure"
        )
    return _COMPARE[operator](order)


def _filtered(left: Any, test: Callable[[Any], bool]) -> Any:
    return [item for item in left if test(item)] if is_list(left) else test(left)


def wildcard(pattern: str) -> re.Pattern[str]:
    """Return a compiled wildcard pattern (``*``, ``?``, ``[a-z]``), case ignored."""
    return re.compile(fnmatch.translate(pattern[:200]), re.IGNORECASE)


def regex(pattern: Any) -> re.Pattern[str]:
    """Return a compiled regular expression, case ignored. Raises StatementError.

    A repeated group that ends in a repetition may take for ever on a short text, and nothing could stop it.
    """
    text = to_text(pattern)[:200]
    if _SLOW.search(text):
        raise bad_argument(
            f"'{text[:80]}' repeats a repetition, which this endpoint refuses.", "InvalidRegularExpression"
        )
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError):
        raise bad_argument(
            f"'{to_text(pattern)[:80]}' is not a regular expression.", "InvalidRegularExpression"
        ) from None


def count_range(left: Any, right: Any) -> range:
    """Return ``left..right``, counting down when right is smaller."""
    low, high = number(left), number(right)
    start, end = round(low), round(high)
    if abs(end - start) >= 2**31:
        raise TooLarge
    return range(start, end + 1) if end >= start else range(start, end - 1, -1)


def number(value: Any) -> int | float:
    """Return a value as a number. Raises StatementError naming it."""
    try:
        return to_number(value)
    except (ValueError, OverflowError):
        raise StatementError(
            ErrorInfo(
                f"'{to_text(value)[:80]}' is not a number.",
                "InvalidCastFromStringToInteger",
                "InvalidArgument",
                "RuntimeException",
                command="InvalidArgument",
            )
        ) from None


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """Add, subtract, multiply, divide; texts and lists grow by ``+`` and ``*``."""
    if operator == "+" and (is_list(left) or isinstance(left, (str, dict))):
        return _grown(left, right)
    if operator in "+-" and isinstance(left, datetime.datetime):
        return _moved(operator, left, right)
    if operator == "*" and (is_list(left) or isinstance(left, str)):
        times = int(number(right))
        limit = MAX_TEXT if isinstance(left, str) else MAX_ITEMS
        if times < 0 or times * max(1, len(left)) > limit:
            raise TooLarge
        return left * times if isinstance(left, str) else list(left) * times
    if operator == "+" and left is None:
        return right
    return _calculated(operator, number(left), number(right))


def _grown(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        text = left + to_text(right)
        if len(text) > MAX_TEXT:
            raise TooLarge
        return text
    if isinstance(left, dict):
        return {**left, **right} if isinstance(right, dict) else left
    if len(left) + len(to_items(right)) > MAX_ITEMS:
        raise TooLarge
    return [*left, *to_items(right)]


def _moved(operator: str, left: datetime.datetime, right: Any) -> Any:
    if isinstance(right, datetime.datetime) and operator == "-":
        return left - right
    if isinstance(right, datetime.timedelta):
        return left + right if operator == "+" else left - right
    raise bad_argument("Only a time span can be added to a date.", "BadOperatorArgument")


def _calculated(operator: str, a: int | float, b: int | float) -> int | float:
    if operator in "/%" and b == 0 and isinstance(a, int) and isinstance(b, int):
        raise StatementError(
            ErrorInfo(
                "Attempted to divide by zero.",
                "RuntimeException",
                command="RuntimeException",
                exception_type="System.Management.Automation.RuntimeException",
            )
        )
    try:
        match operator:
            case "+":
                result = a + b
            case "-":
                result = a - b
            case "*":
                result = a * b
            case "/":
                result = a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b
            case _:
                result = abs(a) % abs(b) * (1 if a >= 0 else -1)
    except (OverflowError, ZeroDivisionError):
        return float("inf")
    return bounded(result) if isinstance(result, int) else result


def unary(operator: str, value: Any) -> Any:
    """Apply a sign, ``-not`` or ``-join``."""
    match operator:
        case "not":
            return not is_true(value)
        case "join":
            return joined_tight(value)
        case "-":
            return -number(value)
        case "+":
            return number(value)
    raise not_supported(f"The operator -{operator}")


def joined_tight(value: Any) -> str:
    """Join texts with nothing between them."""
    return "".join(map(to_text, to_items(value)))


def cast(type_name: str, value: Any) -> Any:
    """Convert by ``[type]``. Raises StatementError, or ScriptError for types that are not known here."""
    match type_name.removeprefix("system."):
        case "int" | "int32" | "long" | "int64":
            return round(number(value))
        case "double" | "float" | "single" | "decimal":
            return float(number(value))
        case "string":
            return to_text(value)
        case "bool" | "boolean":
            return is_true(value)
        case "char":
            code = value if isinstance(value, int) else ord((to_text(value) or "\0")[0])
            return chr(code) if 0 <= code <= 0xFFFF else to_text(value)
        case "pscustomobject" | "management.automation.pscustomobject":
            return custom_object(value) if isinstance(value, dict) else value
        case "array" | "object[]" | "string[]" | "int[]":
            return list(to_items(value))
        case "datetime":
            return _date(value)
        case "timespan" if isinstance(value, (int, float)):
            return datetime.timedelta(microseconds=value / 10)
        case "ordered" | "hashtable":
            return value
        case "void":
            return None
    raise not_supported(f"The type [{type_name}]")


def _date(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    try:
        return datetime.datetime.fromisoformat(to_text(value))
    except ValueError:
        raise bad_argument(f"'{to_text(value)[:80]}' is not a date; write it as 2026-01-31.", "ParseError") from None


def index(target: Any, place: Any) -> Any:
    """Return ``target[place]``: of lists and texts by number, of tables by key."""
    if isinstance(target, dict):
        key = to_text(place).lower()
        return next((value for name, value in target.items() if to_text(name).lower() == key), None)
    if not (is_list(target) or isinstance(target, str)):
        return None
    if is_list(place):
        return [found for one in place if (found := index(target, one)) is not None]
    at = int(number(place))
    return target[at] if -len(target) <= at < len(target) else None


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
