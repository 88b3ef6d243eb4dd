"""Drives a program through python-terraform in the working directory, and prints what that made of its answers."""
import json
import sys

from python_terraform import IsFlagged, IsNotFlagged, Terraform

t = Terraform(working_dir=".", terraform_bin_path=sys.argv[1], variables={"size": 2, "tags": {"env": "t"}})
told = {}


def code(name, answer):
    told[name] = answer[0]
    return answer[1]


code("init", t.init())
code("fmt", t.fmt(check=IsFlagged))
code("validate", t.cmd("validate"))
told["plan says"] = "5 to add" not in code("plan", t.plan(out="x.plan")) and "6 to add" in t.cmd("show", "x.plan")[1]
code("apply", t.apply("x.plan"))
code("plan again", t.plan())
told["outputs"] = t.output()
told["one output"] = t.output("size", full_value=True)
told["names"] = t.output("names", full_value=True)
told["secret"] = t.output("secret", full_value=True)
shown = json.loads(code("show", t.cmd("show", json=IsFlagged)))
told["objects"] = sorted(r["address"] for r in shown["values"]["root_module"]["resources"])
t.read_state_file()
told["in the state"] = sorted({r["type"] + "." + r["name"] for r in t.tfstate.resources})
code("create a workspace", t.create_workspace("w1"))
told["workspace"] = t.show_workspace()[1]
code("leave it", t.set_workspace("default"))
code("delete it", t.delete_workspace("w1"))
code("delete it again", t.delete_workspace("w1"))
code("graph", t.graph())
code("wrong value", t.plan(var={"size": "x"}))
code("smaller", t.apply(skip_plan=True, var={"size": 1}))
code("import", t.import_cmd("terraform_data.none", "x"))
code("destroy", t.destroy(force=IsNotFlagged, auto_approve=True))
t.read_state_file()
told["left"] = t.tfstate.resources
print(json.dumps(told))
