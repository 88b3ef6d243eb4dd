
resource "terraform_data" "a" { triggers_replace = "y" }
resource "terraform_data" "b" { 
 triggers_replace = { a = 2, b = [2] }
 input = "same"
 lifecycle { create_before_destroy = true }
}
resource "terraform_data" "kind" { triggers_replace = ["x"] }
resource "terraform_data" "by" { 
  input = "i" 
  lifecycle { replace_triggered_by = [terraform_data.a.id] }
}
resource "terraform_data" "requested" { input = "i" }
resource "terraform_data" "tainted" { input = "i" }
resource "terraform_data" "added" { triggers_replace = [1] }
resource "terraform_data" "removed" { }
