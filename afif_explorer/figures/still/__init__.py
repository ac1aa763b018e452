"""Figures as pictures, for pages where no script runs: saved notebooks, their HTML and PDF."""
