"""What pydot makes of the graphs in the working directory."""
import glob
import json

import pydot


def walk(graph, nodes, edges):
    nodes.extend(node.get_name().strip('"') for node in graph.get_nodes() if node.get("label"))
    edges.extend([edge.get_source().strip('"'), edge.get_destination().strip('"')] for edge in graph.get_edges())
    for inner in graph.get_subgraphs():
        walk(inner, nodes, edges)


told = {}
for name in sorted(glob.glob("*.dot")):
    (graph,) = pydot.graph_from_dot_file(name)
    nodes, edges = [], []
    walk(graph, nodes, edges)
    told[name] = {"nodes": sorted(nodes), "edges": sorted(edges)}
print(json.dumps(told))
