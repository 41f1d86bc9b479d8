"""Nodes that only wait: `python -m bench.waiting_nodes`, one process for all of them.

It reads `{"port", "nodes": [[credential, epoch, revision], …]}` from standard input, prints `waiting` once every node has sent its
request, and goes on until its standard input is closed; then it prints how many requests were answered, and how many of them not as they
should be.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

WAIT_S = 30


class Crowd:
    def __init__(self, port: int) -> None:
        self._port = port
        self.answered = 0
        self.wrong = 0
        self._started = 0

    async def run(self, nodes: list[tuple[str, str, int]]) -> None:
        tasks = [asyncio.create_task(self._wait_for_ever(*node)) for node in nodes]
        while self._started < len(nodes):
            await asyncio.sleep(0.02)
        print("waiting", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for task in tasks:
            task.cancel()

    async def _wait_for_ever(self, credential: str, epoch: str, revision: int) -> None:
        request = (
            f"GET /api/v1/node/state?epoch={epoch}&after={revision}&wait={WAIT_S} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {credential}\r\n\r\n"
        ).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        await writer.drain()
        self._started += 1
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            answer: dict[str, Any] = json.loads(await reader.readexactly(length))
            self.answered += 1
            self.wrong += answer["status_code"] != 200 or answer["data"]["ops"] != [] or not answer["data"]["hung"]
            writer.write(request)
            await writer.drain()


async def main() -> None:
    order = json.loads(sys.stdin.readline())
    crowd = Crowd(order["port"])
    await crowd.run(order["nodes"])
    print(json.dumps({"answered": crowd.answered, "wrong": crowd.wrong}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
