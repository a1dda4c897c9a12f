"""What is in documents before anyone trains on them, and what is fishy about them."""

from nerlink.checks.check import check
from nerlink.checks.findings import CheckReport, Example, Finding, FindingKind
from nerlink.checks.rules import labels_alike, text_key

__all__ = ["CheckReport", "Example", "Finding", "FindingKind", "check", "labels_alike", "text_key"]
