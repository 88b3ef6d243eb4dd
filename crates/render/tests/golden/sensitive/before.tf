
variable "s" {
  default = "hidden"
  sensitive = true
}
resource "terraform_data" "later" {}

resource "terraform_data" "a" {
  input = { s = var.s, t = "x", l = [var.s, "b"], becomes = "y", stops = var.s, same = var.s, gone = var.s }
}
resource "terraform_data" "whole" {
  input = var.s
}
resource "terraform_data" "gone" {
  input = { s = var.s }
}
resource "terraform_data" "r" {
  triggers_replace = var.s
}
output "o" { 
  value = var.s 
  sensitive = true
}
output "b" { 
  value = "plain" 
}
