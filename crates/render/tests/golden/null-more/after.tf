
resource "null_resource" "a" { triggers = { a = "1", b = "3", c = "" } }
resource "null_resource" "same" { triggers = { a = "1" } }
resource "null_resource" "add" { triggers = { a = "1" } }
resource "null_resource" "rm" { }
output "t" { value = null_resource.a.triggers }
