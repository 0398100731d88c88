"""What stands around a class with findings, and what becomes of its attributes: all that a fix has to respect."""
