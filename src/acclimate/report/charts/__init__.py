"""Charts of the report: one file each, data in, a drawing or HTML out."""
