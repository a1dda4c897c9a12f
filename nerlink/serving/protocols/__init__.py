"""Protocols of other programs, a router each: GERBIL, OpenRefine, Label Studio."""
