"""What `dev.py` does, and the generators of checked-in files. Standard library only."""
