"""The guard of a vLLM whose address strangers can reach: `vllm serve ... --middleware pilotlight_guard.KeyGuard`.

vLLM asks for its own key under /v1 alone; what VLLM_SERVER_DEV_MODE adds for its sleep mode is open to everybody, and runs any method
of the engine. Behind this, /health is open, and everything else is asked for with a bearer token:

- PILOTLIGHT_KEY          opens everything
- PILOTLIGHT_CONTROL_KEY  opens everything; where it is set and PILOTLIGHT_KEY is not, /v1 is open, because something else guards it

Where neither is set nothing but /health is open.
"""

import hmac
import os

OPEN = frozenset({"/health"})


class KeyGuard:
    """ASGI middleware without any dependency."""

    def __init__(self, app, environ=os.environ):
        self.app = app
        self.key = environ.get("PILOTLIGHT_KEY", "")
        self.control_key = environ.get("PILOTLIGHT_CONTROL_KEY", "")

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan" or self.is_open(scope):
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        body = b'{"error":"Unauthorized"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def is_open(self, scope):
        # A mounted app's own prefix is part of what was asked for.
        path = scope["path"]
        if path in OPEN:
            return True
        if path.startswith("/v1/") and self.key == "" and self.control_key != "":
            return True
        return any(self.shows(scope, key) for key in (self.key, self.control_key) if key != "")

    @staticmethod
    def shows(scope, key):
        wanted = f"Bearer {key}".encode()
        given = [value for name, value in scope.get("headers", []) if name == b"authorization"]
        return any(hmac.compare_digest(value, wanted) for value in given)
