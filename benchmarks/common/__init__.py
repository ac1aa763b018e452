"""What several benchmarks share: problems and their truths, other libraries, facts about the machine."""
