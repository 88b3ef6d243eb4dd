
resource "terraform_data" "a" { input = { a = [1], m = { k = "v" } } }
output "o" { value = terraform_data.a.input }
output "s" { 
 value = "s" 
 sensitive = true 
}
