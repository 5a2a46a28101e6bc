"""Lives the life of a container of Modal once: start, warm, asleep, (snapshot), awake, asked, stopped. Prints what was seen as JSON.

    PATH=<a folder with `vllm`> python3 live_a_life.py FOLDER APP PORT
"""

import json
import sys
import urllib.error
import urllib.request

folder, name, port = sys.argv[1:]
sys.path.insert(0, folder)

from vllm_server import Serving, VllmServer  # noqa: E402


def status_of(path, method="POST", body=b"{}"):
    """As a stranger gets it."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=body if method == "POST" else None,
        headers={"content-type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as refused:
        return refused.code


serving = Serving.read(name)
server = VllmServer(serving, int(port))
server.start_asleep()
asleep = server.is_sleeping()
server.wake()
body = json.dumps({"model": serving.version, **serving.warm_body}).encode()
seen = {
    "asleepForTheSnapshot": asleep,
    "awakeAfterIt": not server.is_sleeping(),
    "answers": status_of(serving.warm_path, body=body),
    "strangers": {path: status_of(path) for path in ("/sleep", "/wake_up", "/collective_rpc")},
    "health": status_of("/health", method="GET"),
}
server.stop()
seen["exitCode"] = server.process.returncode
print(json.dumps(seen))
