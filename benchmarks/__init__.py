"""Measurements that are too slow, or too much a matter of the machine, for a test."""
