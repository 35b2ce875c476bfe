"""One file for each kind of input that a domain may be read from."""
