"""The cases of ``make_corpus.py``."""
