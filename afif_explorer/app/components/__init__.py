"""Reusable components of pages and views."""
