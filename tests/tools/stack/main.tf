terraform {
  required_providers {
    null = { source = "hashicorp/null" }
  }
}

variable "size" {
  type    = number
  default = 1
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "terraform_data" "net" {
  input = { cidr = "10.0.0.0/16", size = var.size }
}

resource "terraform_data" "subnet" {
  for_each = toset(["a", "b"])
  input    = { net = terraform_data.net.id, name = each.key, owner = "us", tags = var.tags }
}

resource "null_resource" "host" {
  count    = var.size
  triggers = { subnet = terraform_data.subnet["a"].id }
}

module "m" {
  source = "./m"
  name   = terraform_data.net.id
}

output "size" {
  value = terraform_data.net.output.size
}

output "names" {
  value = [for s in terraform_data.subnet : s.input.name]
}

output "secret" {
  value     = "s3cret"
  sensitive = true
}
