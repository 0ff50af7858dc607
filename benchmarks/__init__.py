"""Measurements, never tests: `make bench` prints medians and ratios against something measured in the same run."""
