"""Makes the binder's tables and the binder tests' data from a folder of measured parameter metadata.

    python -m tests.support.make_parameter_tables FOLDER

FOLDER holds ``parameters.json``, ``parameters-windows.json``, ``common-parameters.json``, ``session-option.json`` and
``enter-pssession-errors.json``. Run it again when newer measurements are taken; the results are committed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "backends" / "binding" / "parameters.json"
DATA = ROOT / "tests" / "data"


def cmdlets(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold one row per (cmdlet, set, parameter) into one entry per cmdlet with its sets and parameters."""
    result: dict[str, Any] = {}
    for row in rows:
        entry = result.setdefault(row["Command"], {"default": "", "sets": [], "parameters": {}})
        if row["Set"] not in entry["sets"]:
            entry["sets"].append(row["Set"])
        if row["DefaultSet"]:
            entry["default"] = row["Set"]
        if row["Name"] is None:
            continue
        shape = {"type": row["Type"], "aliases": row["Aliases"], "validation": row["Validation"]}
        parameter = entry["parameters"].setdefault(row["Name"], {**shape, "sets": {}})
        if any(parameter[key] != value for key, value in shape.items()):
            raise SystemExit(f"{row['Command']} -{row['Name']} differs between its sets")
        parameter["sets"][row["Set"]] = [int(row["Mandatory"]), row["Position"], int(row["Pipeline"])]
    return result


def common(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the common parameters in the same shape, without sets: they belong to all of them."""
    return {
        row["Name"]: {"type": row["Type"], "aliases": row["Aliases"], "validation": row["Validation"]} for row in rows
    }


def main(folder: Path) -> None:
    def read(name: str) -> Any:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    windows = read("parameters-windows.json")
    everywhere = [row for row in read("parameters.json") if row["Command"] != "New-PSSessionOption"]
    shared = read("common-parameters.json")
    table = {
        "cmdlets": cmdlets(everywhere + windows),
        "common": common(shared["CommonParameters"]),
        "should_process": common(shared["ShouldProcess"]["Parameters"]),
        "should_process_cmdlets": [row["Command"] for row in shared["ShouldProcess"]["Cmdlets"]],
    }
    dump(TABLE, table)
    dump(DATA / "binder_enter_parameters.json", [row for row in everywhere if row["Command"] == "Enter-PSSession"])
    keep = ("Parameter", "Aliases", "Property", "PropertyDefault", "ProfileKey")
    options = [{key: row[key] for key in keep} for row in read("session-option.json")["Options"]]
    dump(DATA / "binder_session_options.json", options)
    calls = [{"command": row["Command"], "id": row["Id"]} for row in read("enter-pssession-errors.json")]
    dump(DATA / "binder_errors.json", calls)


def dump(path: Path, value: Any) -> None:
    """Write JSON with one line per item of the second level: compact, and still readable in a diff."""
    if isinstance(value, list):
        body = ",\n".join(json.dumps(item, separators=(",", ":"), ensure_ascii=False) for item in value)
        path.write_text(f"[\n{body}\n]\n", encoding="utf-8")
        return
    parts = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines = ",\n".join(
                f"  {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'), ensure_ascii=False)}"
                for name, entry in item.items()
            )
            parts.append(f" {json.dumps(key)}: {{\n{lines}\n }}")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(item)}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
