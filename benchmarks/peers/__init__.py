"""Comparison with other libraries on the same problems: run time, memory and accuracy."""
