"""Test-time methods: a trained network adapts while it predicts. One file each."""
