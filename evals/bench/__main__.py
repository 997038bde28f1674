"""One job of the benchmark, given as JSON on stdin; not for people, who use `python -m evals`."""

import json
import sys

import orjson

from evals.bench.jobs import perform

if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(perform(json.load(sys.stdin))))
