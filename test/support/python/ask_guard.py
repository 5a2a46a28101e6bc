"""Asks the guard for paths with and without keys, as an ASGI server would. Reads cases from stdin, prints a status for each as JSON.

    python3 ask_guard.py FOLDER < [{"environ":{},"path":"/","key":null,"type":"http"}]
"""

import asyncio
import json
import sys

sys.path.insert(0, sys.argv[1])

from pilotlight_guard import KeyGuard  # noqa: E402


async def ask(case):
    sent = []

    async def app(scope, receive, send):
        sent.append({"type": "http.response.start", "status": 200})

    async def send(message):
        sent.append(message)

    guard = KeyGuard(app, case["environ"])
    headers = [] if case["key"] is None else [(b"authorization", f"Bearer {case['key']}".encode())]
    await guard({"type": case["type"], "path": case["path"], "headers": headers}, None, send)
    return sent[0].get("status", sent[0].get("code"))


print(json.dumps([asyncio.run(ask(case)) for case in json.load(sys.stdin)]))
