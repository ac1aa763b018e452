"""Resources: memory limit, device, threads, operation counts."""
