"""How gunicorn serves the service; it reads this file by itself from the folder it starts in."""

bind = "0.0.0.0:8000"
workers = 2
threads = 4

# Requests go to standard output, where the container's log is.
accesslog = "-"

# The workers' heartbeats stay in memory: on a disk that stalls, a healthy worker would look hung.
worker_tmp_dir = "/dev/shm"

# The container's user has no home in which the socket could live, and nothing would talk to it.
control_socket_disable = True
