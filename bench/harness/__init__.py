"""What one write costs: servers, variants, counters and the report of the benchmark."""
