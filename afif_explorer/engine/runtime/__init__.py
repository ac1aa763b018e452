"""Where the work is done: memory, device, threads, counts of operations."""
