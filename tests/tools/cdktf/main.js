// A stack of resources without generated classes: what a program of cdktf writes, and no more.
const { App, TerraformOutput, TerraformProvider, TerraformResource, TerraformStack, TerraformVariable } = require("cdktf");

const app = new App();
const stack = new TerraformStack(app, "demo");
new TerraformProvider(stack, "null", {
  terraformResourceType: "null",
  terraformGeneratorMetadata: { providerName: "null", providerVersionConstraint: "~> 2.1" },
  terraformProviderSource: "hashicorp/null",
});
const cidr = new TerraformVariable(stack, "cidr", { type: "string", default: process.env.CIDR || "10.0.0.0/16" });
const net = new TerraformResource(stack, "net", { terraformResourceType: "terraform_data" });
net.addOverride("input", { cidr: cidr.stringValue });
const host = new TerraformResource(stack, "host", { terraformResourceType: "null_resource", dependsOn: [net] });
host.addOverride("triggers", { net: "${terraform_data.net.id}" });
new TerraformOutput(stack, "network", { value: "${terraform_data.net.output}" });
new TerraformOutput(stack, "fits", { value: "${null_resource.host.triggers.net == terraform_data.net.id}" });
app.synth();
