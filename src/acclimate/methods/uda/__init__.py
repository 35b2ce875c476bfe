"""Unsupervised adaptation: a labelled source and an unlabelled target over the same classes."""
