
resource "null_resource" "a" { 
  triggers = { a = "1", "b c" = "3", x = null_resource.n.id }
}
resource "null_resource" "b" { 
  triggers = { a = null_resource.a.id }
}
resource "null_resource" "n" { 
  triggers = { a = "", b = "x\ny" }
}
