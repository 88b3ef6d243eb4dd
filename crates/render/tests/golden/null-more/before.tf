
resource "null_resource" "a" { triggers = { a = "1", b = "2" } }
resource "null_resource" "same" { triggers = { a = "1" } }
resource "null_resource" "add" { }
resource "null_resource" "rm" { triggers = { a = "1" } }
resource "null_resource" "gone" { triggers = { a = "1", "b c" = "" } }
output "t" { value = null_resource.a.triggers }
