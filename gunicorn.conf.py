"""How the web process is served; gunicorn reads this where it is started.

What the command line says goes before. See docs/operations.md, "On servers".
"""

workers, threads = 2, 4
# No slow client holds a thread.
worker_class = "preciso.gunicorn_worker.BufferingWorker"
worker_connections = 1000
keepalive = 30
timeout = 120
graceful_timeout = 8
accesslog = "-"
control_socket_disable = True
