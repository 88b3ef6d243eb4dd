
resource "null_resource" "a" { 
  triggers = { a = "1", "b c" = "2", e = "" }
}
resource "null_resource" "b" { 
  triggers = { a = null_resource.a.id }
}
