
resource "terraform_data" "a" { triggers_replace = "x" }
resource "terraform_data" "b" { triggers_replace = { k = "x" } }
resource "terraform_data" "c" { triggers_replace = "x" }
