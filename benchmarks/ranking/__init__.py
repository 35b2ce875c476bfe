"""Ranking of pretrained encoders against fine-tuning them."""
