"""Published data sets of shifted images in local folders, and which outputs of a network are their classes."""

from acclimate.data.shifted.label_maps import LABEL_MAPS, LabelMap, label_map
from acclimate.data.shifted.read import read_shifted
from acclimate.data.shifted.shifted_set import ShiftedSet

__all__ = ["LABEL_MAPS", "LabelMap", "ShiftedSet", "label_map", "read_shifted"]
