"""Tags the same texts whenever it is told to; started by `neighbours`."""

import json
import sys
from pathlib import Path

import nerlink  # before torch, which reads how threads wait when it is imported

import torch  # isort: skip

__all__ = ["serve"]


def serve(model: str, texts: Path, n_threads: int) -> None:
    """Load a model, and tag the texts once for each line of standard input."""
    torch.set_num_threads(n_threads)
    pipeline = nerlink.Pipeline.load(model, device="cpu")
    documents = json.loads(texts.read_text("utf8"))
    for _ in sys.stdin:
        pipeline(documents)
        print("done", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
