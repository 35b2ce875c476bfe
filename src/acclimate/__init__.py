"""Acclimate."""
