"""The image corruptions of ImageNet-C, CIFAR-10-C and Tiny-ImageNet-C, made in memory for a batch at once."""

from acclimate.data.corruptions.apply import corrupt as corrupt
from acclimate.data.corruptions.frost_textures import read_frost_textures as read_frost_textures
from acclimate.data.corruptions.registry import CORRUPTIONS as CORRUPTIONS
from acclimate.data.corruptions.registry import EXTRA_CORRUPTIONS as EXTRA_CORRUPTIONS
from acclimate.data.corruptions.registry import TEST_CORRUPTIONS as TEST_CORRUPTIONS
from acclimate.data.corruptions.registry import Corruption as Corruption

__all__ = [
    "CORRUPTIONS",
    "EXTRA_CORRUPTIONS",
    "TEST_CORRUPTIONS",
    "Corruption",
    "corrupt",
    "read_frost_textures",
]
