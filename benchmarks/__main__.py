"""``python -m benchmarks``: the times that the project promises, measured here."""

from benchmarks.app_latency import main

main()
