"""A reranker on Modal: vLLM with `/v1/rerank`, which the edge does not route: it is called by its URL with a proxy token.

    npm run modal:deploy -- rerank

Another model: change its entry in apps.json, under a version id of its own.
"""

import modal
from vllm_options import class_options
from vllm_server import MINUTES, PORT, Serving, VllmServer

serving = Serving.read("rerank")
app = modal.App(serving.app)


@app.cls(**class_options(serving))
@modal.concurrent(max_inputs=serving.slots)
class Vllm:
    @modal.enter(snap=True)
    def load(self):
        self.server = VllmServer(serving)
        self.server.start_asleep()

    @modal.enter(snap=False)
    def wake(self):
        self.server.wake()

    @modal.web_server(PORT, startup_timeout=5 * MINUTES, requires_proxy_auth=True)
    def serve(self):
        """It listens by now: `load` has started it."""

    @modal.exit()
    def stop(self):
        self.server.stop()
