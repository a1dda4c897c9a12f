"""The knowledge base: entities and aliases in one SQLite file, and candidates for surfaces."""

from nerlink.kb.build import BuildOptions
from nerlink.kb.candidates import CandidateGenerator, Chain, FromMentions
from nerlink.kb.chains import GENERATORS, available_generators, make_chain, make_filled
from nerlink.kb.filled import FILL_TO, Filled
from nerlink.kb.from_base import Acronym, Exact, Normalised
from nerlink.kb.fuzzy import Fuzzy
from nerlink.kb.in_document import InDocument, Name
from nerlink.kb.knowledge_base import KnowledgeBase
from nerlink.kb.normalise import normalise
from nerlink.kb.partial import Partial
from nerlink.kb.recall import (
    CandidateRecall,
    CandidateReport,
    candidate_recall,
    report_candidates,
)
from nerlink.kb.rows import Attributes

__all__ = [
    "FILL_TO",
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
    "FromMentions",
    "Fuzzy",
    "InDocument",
    "KnowledgeBase",
    "Name",
    "Normalised",
    "Partial",
    "available_generators",
    "candidate_recall",
    "make_chain",
    "make_filled",
    "normalise",
    "report_candidates",
]
