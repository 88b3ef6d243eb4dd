"""What blastradius makes of the graph in plan.dot."""
import collections
import collections.abc
import json

collections.MutableSet = collections.abc.MutableSet  # It was written for Python 3.9 and before.
from blastradius.handlers.dot import DotGraph  # noqa: E402

graph = json.loads(DotGraph("", file_contents=open("plan.dot").read()).json())
names = {node["label"]: node.get("simple_name", node["label"]) for node in graph["nodes"]}
print(json.dumps({
    "nodes": sorted(set(names.values())),
    "edges": sorted([names[edge["source"]], names[edge["target"]]] for edge in graph["edges"]),
}))
