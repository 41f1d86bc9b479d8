"""A crowd at the sign-in, in a process of its own: `python -m tests.live.login_crowd <port>`. It ends with its standard input.

Each of 200 people sends a password as large as a body may be, waits for the answer, and tries again after a moment. Prints a line when
everybody has begun, and at the end how often each status came.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
from collections import Counter

PEOPLE = 200
# A body may have 256 KiB.
HUGE = "x" * 250_000
MOMENT_S = 2


def main(port: int) -> None:
    # The machine has to serve, too; what is measured is what serving costs, not what asking does.
    os.nice(10)
    body = json.dumps({"email": "a@example.com", "password": HUGE})
    over, gate = threading.Event(), threading.Barrier(PEOPLE + 1)
    statuses: Counter[int] = Counter()

    def person() -> None:
        gate.wait(60)
        while not over.is_set():
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            link.request("POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})
            answer = link.getresponse()
            answer.read()
            link.close()
            statuses[answer.status] += 1
            over.wait(MOMENT_S)

    people = [threading.Thread(target=person) for _ in range(PEOPLE)]
    for each in people:
        each.start()
    gate.wait(60)
    print("begun", flush=True)
    sys.stdin.read()
    over.set()
    for each in people:
        each.join(70)
    print(json.dumps(statuses), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
