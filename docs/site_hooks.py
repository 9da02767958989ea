"""What the site needs beside the pages of ``docs/``: the pictures, and the documents at the top of the repository.

The pages are written to be read where they lie, so their links lead out of ``docs/``. In the site all lies together.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
#: documents at the top that are pages of the site
TOP = ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def on_files(files: Files, config: Any) -> Files:
    """Add what does not lie in ``docs/``."""
    pictures = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "screenshots").glob("*.svg"))
    for name in (*TOP, *pictures):
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return a page whose links lead to where things lie in the site."""
    if page.file.src_uri in TOP:
        return re.sub(r"\]\(docs/", "](", markdown)
    return re.sub(r"\]\(\.\./", "](", markdown)
