
variable "s" {
  default = "hidden"
  sensitive = true
}
resource "terraform_data" "later" {}

resource "terraform_data" "a" {
  input = { s = "${var.s}!", t = "x", l = [var.s, "c"], becomes = sensitive("y"), stops = nonsensitive(var.s), same = var.s, new = var.s }
}
resource "terraform_data" "whole" {
  input = "now plain"
}
resource "terraform_data" "r" {
  triggers_replace = "${var.s}2"
}
output "o" { 
  value = "${var.s}3" 
  sensitive = true
}
output "b" { 
  value = "plain" 
  sensitive = true
}
output "n" { 
  value = var.s 
  sensitive = true
}
