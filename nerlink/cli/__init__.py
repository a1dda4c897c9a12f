"""The `nerlink` command: a thin file for each of its commands."""

from nerlink.cli.app import main

__all__ = ["main"]
