"""make bench: every benchmark, one after the other."""

from benchmarks import comparison, placement, sequence_limit

if __name__ == "__main__":
    comparison.main()
    sequence_limit.main()
    placement.main()
