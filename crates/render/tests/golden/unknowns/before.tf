
variable "s" {
  default = "hidden"
  sensitive = true
}
resource "terraform_data" "later" {}

resource "terraform_data" "a" {
  input = { s = "x", l = ["a", "b"], m = { k = "v" }, whole = { a = 1 }, ml = "a\nb" }
}
resource "terraform_data" "wholly" {
  input = { a = [1], b = "c" }
}
output "o" { value = { a = "b", c = "d" } }
output "p" { value = "known" }
