variable "name" {}

resource "terraform_data" "in" {
  input = var.name
}

output "id" {
  value = terraform_data.in.id
}
