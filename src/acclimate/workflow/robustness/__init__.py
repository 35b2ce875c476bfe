"""`acclimate robustness`: a classifier under corruptions and other shifts, with and without adaptation at test time."""
