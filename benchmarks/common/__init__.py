"""Shared by several benchmarks: problems and their refits, other libraries, information about the machine."""
