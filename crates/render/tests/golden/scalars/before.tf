
resource "terraform_data" "a" {
  input = { s = "x", n = 1, b = true, gone = "g", same = "same", esc = "a\"b\\c\t\u001bé\u202e$${x}", f = 1.5, name = "keep", id = 7, nul = null, empty = "" }
}
resource "terraform_data" "str" { 
  input = "one"
}
output "o" { value = "x" }
output "gone" { value = [1] }
output "same" { value = 1 }
