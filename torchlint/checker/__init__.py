"""Files checked one by one: what the rules find in each, and the fixes of that."""
