"""Training a joint model, from a configuration to a folder."""

from nerlink.training.train import TrainingResult, train

__all__ = ["TrainingResult", "train"]
