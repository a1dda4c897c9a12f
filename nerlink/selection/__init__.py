"""What a person should look at next: documents to annotate, entities to add."""

from nerlink.selection.choose import STRATEGIES, Selection, choose_documents
from nerlink.selection.proposals import (
    Proposal,
    Proposals,
    check_table,
    propose_entities,
    write_proposals,
)

__all__ = [
    "STRATEGIES",
    "Proposal",
    "Proposals",
    "Selection",
    "check_table",
    "choose_documents",
    "propose_entities",
    "write_proposals",
]
