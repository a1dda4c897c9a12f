"""Documents, mistakes and reports for people to look at: HTML pages and the terminal."""

from nerlink.display.html import document_html, to_html
from nerlink.display.mistakes import mistakes_html
from nerlink.display.report import report_html
from nerlink.display.terminal import print_document

__all__ = ["document_html", "mistakes_html", "print_document", "report_html", "to_html"]
