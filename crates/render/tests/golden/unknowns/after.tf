
variable "s" {
  default = "hidden"
  sensitive = true
}
resource "terraform_data" "later" {}

resource "terraform_data" "new" {}
resource "terraform_data" "a" {
  input = { s = terraform_data.new.id, l = ["a", terraform_data.new.id], m = { k = terraform_data.new.id, z = "v" }, whole = terraform_data.new.output, ml = terraform_data.new.id }
}
resource "terraform_data" "wholly" {
  input = terraform_data.new.output
}
output "o" { value = { a = terraform_data.new.id, c = "d" } }
output "p" { value = terraform_data.new.id }
output "q" { value = [terraform_data.new.output] }
