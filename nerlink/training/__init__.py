"""Training a joint model, from a configuration to a folder."""

from nerlink.training.silver import SilverOptions, SilverResult, silver_config, train_silver
from nerlink.training.train import TrainingResult, train

__all__ = [
    "SilverOptions",
    "SilverResult",
    "TrainingResult",
    "silver_config",
    "train",
    "train_silver",
]
