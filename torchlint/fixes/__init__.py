"""Fixes: findings in, new text or a diff out. Knows no rules: what checks a file is handed in."""
