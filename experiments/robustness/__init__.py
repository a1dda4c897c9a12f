"""Hostile and broken input, killed writers: what nerlink does with it, counted."""
