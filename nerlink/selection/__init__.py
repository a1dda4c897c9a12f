"""What a person should look at next: documents to annotate, entities to add."""

from nerlink.selection.choose import STRATEGIES, Selection, choose_documents

__all__ = ["STRATEGIES", "Selection", "choose_documents"]
