"""Drives a program through tftest in the working directory, and prints what that made of its answers."""
import json
import sys

import tftest

tf = tftest.TerraformTest(".", binary=sys.argv[1])
variables = {"size": 2}
told = {}
tf.setup(cleanup_on_exit=False)
plan = tf.plan(output=True, tf_vars=variables)
told["changes"] = {address: change["change"]["actions"] for address, change in plan.resource_changes.items()}
told["planned"] = sorted(plan.resources)
told["modules"] = {name: sorted(module.resources) for name, module in plan.modules.items()}
told["planned outputs"] = {name: plan.outputs.get(name) for name in ["names", "secret"]}
told["variables"] = dict(plan.variables)
told["version"] = [plan.format_version, plan.terraform_version]
tf.apply(tf_vars=variables)
told["outputs"] = dict(tf.output())
state = tf.state_pull()
told["objects"] = sorted(state.resources)
told["state outputs"] = dict(state.outputs)
told["has lineage"] = bool(state["lineage"])
again = tf.plan(output=True, tf_vars=variables)
told["again"] = sorted({" ".join(c["change"]["actions"]) for c in again.resource_changes.values()})
try:
    tf.plan(tf_vars={"size": "x"})
except tftest.TerraformTestError as error:
    told["refused"] = "Invalid value for input variable" in str(error)
tf.destroy(tf_vars=variables)
told["left"] = sorted(tf.state_pull().resources)
print(json.dumps(told))
