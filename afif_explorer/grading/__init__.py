"""Marks students' notebooks: each runs in a process of its own, offline, and its answers are marked here."""
