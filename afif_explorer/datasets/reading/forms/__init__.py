"""How people write single cells: numbers, dates, durations, ranges, names of months."""
