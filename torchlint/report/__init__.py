"""The room of the report: findings in, text out. Only this room formats output; it reads no source files."""
