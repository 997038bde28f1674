"""Draw the charts that the pages of docs/how-to show, by the commands that stand in them.

Run it by `make shots`; tests/surfaces/test_pages.py fails where a picture is not what is drawn now.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from console import ROOT, examples, outputs

IMAGES = ROOT / "docs" / "img"
FLOWS = "-w topology/samples/shop -w docs/examples/flows.jsonl"


def charts(home: Path) -> dict[str, str]:
    """Return the text of each picture by its name.

    Args:
        home: A folder, new and empty.
    """
    page = (ROOT / "docs" / "how-to" / "addresses.md").read_text(encoding="utf-8")
    kept = [
        command for command, _ in examples(page) if "add-block" in command or "alloc" in command
    ]
    commands = [*kept, "netassist ipam export --format svg",
                f"netassist flows drops {FLOWS} --format svg"]  # fmt: skip
    addresses, drops = outputs(commands, home, os.environ)[-2:]
    return {"addresses.svg": f"{addresses}\n", "drops.svg": f"{drops}\n"}


def main() -> int:
    """Write every chart."""
    with tempfile.TemporaryDirectory() as home:
        for name, text in charts(Path(home)).items():
            (IMAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
