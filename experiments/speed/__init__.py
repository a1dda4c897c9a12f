"""How fast nerlink is beside Flair and beside the bare encoder.

Each file with a `main` is one measurement: `python -m experiments.speed.tagging --size full`.
"""

import os

# Encoders come from this machine or are made here, so nothing may wait for a network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
