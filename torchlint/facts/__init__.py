"""What one file says, as data: its names, its classes and, on demand, what a function does to attributes."""
