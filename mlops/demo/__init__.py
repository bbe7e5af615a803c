"""`make demo`: the whole loop, through HTTP, against a real web process and worker."""
