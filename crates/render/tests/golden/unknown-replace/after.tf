
resource "terraform_data" "n" {}
resource "terraform_data" "a" { triggers_replace = terraform_data.n.id }
resource "terraform_data" "b" { triggers_replace = { k = terraform_data.n.id } }
resource "terraform_data" "c" { triggers_replace = terraform_data.n.output }
