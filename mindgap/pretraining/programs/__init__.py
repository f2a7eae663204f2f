"""Monolingual program text for masked language modelling: C programs and pseudocode from a catalogue of skeletons.

The two kinds are drawn by generators of their own and are never aligned. None of the text is meant for a gallery.
"""

from mindgap.pretraining.programs.draw import programs

__all__ = ["programs"]
