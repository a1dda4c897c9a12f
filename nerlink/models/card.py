"""The model card that a saved model carries."""

from collections.abc import Mapping, Sequence

from nerlink.config import Config

__all__ = ["model_card"]


def model_card(config: Config, scores: Mapping[str, float], labels: Sequence[str]) -> str:
    """A model card in Markdown, with the header the Hugging Face hub reads."""
    rows = [f"| {name} | {value:.4f} |" for name, value in sorted(scores.items())]
    table = ["| measure (development documents) | |", "|---|---|", *rows] if rows else []
    return "\n".join(
        [
            "---",
            "library_name: nerlink",
            "tags: [named-entity-recognition, entity-linking, flair]",
            f"base_model: {config.encoder.model}",
            "---",
            "# A nerlink model",
            "",
            f"Tasks: {', '.join(config.tasks)}. Labels: {', '.join(labels) or 'none'}. "
            f"Encoder: `{config.encoder.model}`.",
            "",
            "```python",
            "from nerlink import Pipeline",
            "",
            'pipeline = Pipeline.load("this/folder")',
            'doc = pipeline("Ada Lovelace met Babbage in London.")',
            "```",
            "",
            *table,
            "",
        ]
    )
