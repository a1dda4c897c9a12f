"""The knowledge base: entities and aliases in one SQLite file, and candidates for surfaces."""

from nerlink.kb.candidates.aliases import Acronym, Exact, Normalised, Partial
from nerlink.kb.candidates.base import CandidateGenerator, Chain
from nerlink.kb.candidates.chains import (
    GENERATORS,
    Filled,
    available_generators,
    make_chain,
    make_filled,
)
from nerlink.kb.candidates.fuzzy import Fuzzy
from nerlink.kb.candidates.in_document import InDocument, Name
from nerlink.kb.candidates.recall import (
    CandidateRecall,
    CandidateReport,
    candidate_recall,
    report_candidates,
)
from nerlink.kb.export import EXPORTS, export_entities
from nerlink.kb.knowledge_base import KnowledgeBase
from nerlink.kb.normalise import normalise
from nerlink.kb.store.build import BuildOptions
from nerlink.kb.store.rows import Attributes
from nerlink.kb.thesauri.options import ThesaurusOptions

__all__ = [
    "EXPORTS",
    "GENERATORS",
    "Acronym",
    "Attributes",
    "BuildOptions",
    "CandidateGenerator",
    "CandidateRecall",
    "CandidateReport",
    "Chain",
    "Exact",
    "Filled",
    "Fuzzy",
    "InDocument",
    "KnowledgeBase",
    "Name",
    "Normalised",
    "Partial",
    "ThesaurusOptions",
    "available_generators",
    "candidate_recall",
    "export_entities",
    "make_chain",
    "make_filled",
    "normalise",
    "report_candidates",
]
