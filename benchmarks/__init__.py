"""Speed and accuracy against peers and papers: each script prints one table and writes it under ``results/``."""
