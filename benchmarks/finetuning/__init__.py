"""Strategies and regularisers of fine-tuning on real images and features, in-domain and under shift."""
