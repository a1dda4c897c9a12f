"""Draw the README's picture: the demo's texts as a trained model sees them.

python experiments/picture.py demo/model
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from nerlink import Pipeline
from nerlink.cli.demo import TEXTS
from nerlink.display.terminal import print_document

PICTURE = Path(__file__).parent / "tiny-news" / "example.svg"


def main() -> None:
    pipeline = Pipeline.load(sys.argv[1])
    console = Console(record=True, width=130, file=io.StringIO(), color_system="truecolor")
    console.print("[bold]$ nerlink demo[/]\n")
    for doc in pipeline(TEXTS):
        print_document(doc, console, names=pipeline.kb.name_of)
    svg = console.export_svg(title="nerlink", theme=DIMMED_MONOKAI, unique_id="nerlink")
    # Fonts from elsewhere would not load in a page that shows the picture.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    PICTURE.write_text(svg, encoding="utf8")


if __name__ == "__main__":
    main()
