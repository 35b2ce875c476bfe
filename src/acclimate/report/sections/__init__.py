"""Sections of the report: one file each, the record in, a section out."""
