"""What is measured for docs/benchmarks.md: python -m benchmarks, and each module by itself: -m benchmarks.MODULE."""
