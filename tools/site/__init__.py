"""The documentation site: its sources are put together here and built by Sphinx."""
