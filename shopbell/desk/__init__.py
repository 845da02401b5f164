"""The desk: the rules of the inbox and the SQL beneath them. It imports nothing of ours."""
