"""``python -m benchmarks``: the dashboard's latency compared with its targets."""

from benchmarks.app_latency import main

main()
