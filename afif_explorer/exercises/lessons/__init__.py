"""The exercises, one module for each lesson; ``EXERCISES`` lists them in order."""
