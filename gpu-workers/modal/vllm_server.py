"""One vLLM server in a container of Modal, and its sleep as the state that Modal takes its snapshot in.

A container's first start loads the weights, answers a few requests so that everything is compiled, and goes to sleep: its weights move to
the machine's memory, its cache is forgotten. What Modal saves then is small, and each further start is a restore and a wake. Owns the
process and the order of calls; the apps beside this file own what Modal is asked for.
"""

import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

VLLM_IMAGE = "vllm/vllm-openai:v0.33.0"
PORT = 8000
# Where the volumes of an app are mounted.
WEIGHTS = "/cache/weights"
COMPILED = "/cache/compiled"
MINUTES = 60
# A first start downloads the weights and compiles.
START_SECONDS = 20 * MINUTES
WARM_REQUESTS = 3
POLL_SECONDS = 0.5
SERVING = "PILOTLIGHT_SERVING"


@dataclass(frozen=True)
class Serving:
    """What one app serves: an entry of apps.json, which a container has in its environment."""

    app: str
    model: str
    version: str
    gpu: str
    slots: int
    flags: tuple[str, ...]
    warm_path: str
    warm_body: dict

    @staticmethod
    def read(name: str) -> "Serving":
        given = os.environ.get(SERVING)
        text = given or (Path(__file__).parent / "apps.json").read_text()
        entry = json.loads(text) if given else json.loads(text)[name]
        path, body = entry["warm"]
        return Serving(
            app=entry["app"],
            model=entry["model"],
            version=entry["version"],
            gpu=entry["gpu"],
            slots=entry["slots"],
            flags=tuple(entry["flags"]),
            warm_path=path,
            warm_body=body,
        )

    def environment(self) -> dict[str, str]:
        """Of the image: what a container needs to read the same, and to speak of its sleep."""
        entry = {
            "app": self.app,
            "model": self.model,
            "version": self.version,
            "gpu": self.gpu,
            "slots": self.slots,
            "flags": self.flags,
            "warm": [self.warm_path, self.warm_body],
        }
        return {
            SERVING: json.dumps(entry),
            "HF_HUB_CACHE": WEIGHTS,
            "VLLM_CACHE_ROOT": COMPILED,
            "HF_XET_HIGH_PERFORMANCE": "1",
            "TORCH_CPP_LOG_LEVEL": "FATAL",
        }

    def command(self, port: int = PORT) -> list[str]:
        return [
            *("vllm", "serve", self.model, "--served-model-name", self.version),
            # Modal reaches it from outside of the container's loopback.
            *("--host", "0.0.0.0", "--port", str(port), "--max-num-seqs", str(self.slots)),
            *("--enable-sleep-mode", "--middleware", "pilotlight_guard.KeyGuard"),
            *self.flags,
        ]


class VllmServer:
    """The process, from its start to its end. Its calls that put it to sleep and more are open to nobody outside this container."""

    def __init__(self, serving: Serving, port: int = PORT):
        self.serving = serving
        self.port = port
        self.process: subprocess.Popen | None = None
        self.control_key = secrets.token_urlsafe(32)

    def start_asleep(self) -> None:
        """Before the snapshot: loaded, warm, asleep."""
        environment = {
            **os.environ,
            "VLLM_SERVER_DEV_MODE": "1",
            "PILOTLIGHT_CONTROL_KEY": self.control_key,
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        }
        self.process = subprocess.Popen(self.serving.command(self.port), env=environment)
        self.wait_until(self.is_healthy, START_SECONDS)
        body = {"model": self.serving.version, **self.serving.warm_body}
        for _ in range(WARM_REQUESTS):
            self.call("POST", self.serving.warm_path, body, timeout=5 * MINUTES)
        self.call("POST", "/sleep?level=1&mode=wait", timeout=5 * MINUTES)
        self.wait_until(self.is_sleeping, 1 * MINUTES)

    def wake(self) -> None:
        """After a restore, and after the first start: may be asked again."""
        self.call("POST", "/wake_up", timeout=5 * MINUTES)
        self.wait_until(lambda: not self.is_sleeping(), 1 * MINUTES)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)

    def is_healthy(self) -> bool:
        try:
            self.call("GET", "/health", timeout=5)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True

    def is_sleeping(self) -> bool:
        return json.loads(self.call("GET", "/is_sleeping", timeout=10))["is_sleeping"]

    def wait_until(self, is_so, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if self.process is not None and self.process.poll() is not None:
                raise RuntimeError(f"vLLM ended with exit code {self.process.returncode}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"vLLM is not there after {seconds} seconds")
            time.sleep(POLL_SECONDS)

    def call(self, method: str, path: str, body: dict | None = None, *, timeout: float) -> bytes:
        """Raises where the answer is no 2xx."""
        headers = {"authorization": f"Bearer {self.control_key}", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.read()
