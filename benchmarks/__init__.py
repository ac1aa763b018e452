"""Measurements that are too slow for the test suite, or depend too much on the machine."""
