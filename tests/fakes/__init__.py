"""Strict fakes of what stands at the seams, written once."""
