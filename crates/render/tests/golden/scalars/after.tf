
resource "terraform_data" "a" {
  input = { s = "y", n = 2, b = false, new = "g", same = "same", esc = "a\"b\\c\t\u001bé\u202e$${y}", f = 100000000000000000000, name = "keep", id = 7, nul = "x", empty = null, "odd key" = 1 }
}
resource "terraform_data" "str" { 
  input = 5
}
output "o" { value = "y" }
output "new-one" { value = { a = null, b = "" } }
output "same" { value = 1 }
