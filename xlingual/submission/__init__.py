"""Send a study to a cluster that `ray up` started, follow it there, and fetch its records.

Everything goes through ssh, by Ray's own commands: the dashboard and its job server stay on the head's loopback. What
runs here is `submit`, what runs on the head is `on_head`; they exchange JSON lines.
"""
