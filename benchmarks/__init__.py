"""What is measured for docs/benchmarks.md; each module is a command: python -m benchmarks.NAME."""
