"""Values of a pipeline as JSON, one a line."""

from __future__ import annotations

import base64
import datetime
import json
import math
import re
from collections.abc import Mapping

#: characters that JSON allows bare and a terminal or a line reader does not
_ESCAPE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def named(value: object, computer: str) -> object:
    """Return a value with the PSComputerName it came from, as Invoke-Command notes it on each object.

    What has properties gets one more; everything else becomes the ``value`` of an object, as ConvertTo-Json writes it.
    """
    properties = dict(value) if isinstance(value, Mapping) else {"value": value}
    return {**properties, "PSComputerName": computer}


def to_json(value: object) -> str:
    """Return one value as JSON on one line, free of what would act on a terminal or break the line."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain_value)
    except (TypeError, ValueError):  # NaN and infinity, or a key that is neither text nor number: JSON has none of them
        text = json.dumps(_speakable(value), ensure_ascii=False, default=_plain_value)
    return _ESCAPE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _speakable(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _speakable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_speakable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _plain_value(value: object) -> object:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)
