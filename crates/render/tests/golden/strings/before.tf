
resource "terraform_data" "multi" {
  input = "line one\nline two\nline three\n  indented\nlast\n"
}
resource "terraform_data" "tomulti" {
  input = "single"
}
resource "terraform_data" "frommulti" {
  input = "a\nb"
}
resource "terraform_data" "json" {
  input = jsonencode({ a = [1,2,3], b = { c = "d" }, s = "t" })
}
resource "terraform_data" "jsonlist" {
  input = jsonencode([1,2])
}
resource "terraform_data" "ws" {
  input = "{\"a\":1, \"l\":[1]}"
}
resource "terraform_data" "tojson" {
  input = "plain"
}
resource "terraform_data" "fromjson" {
  input = jsonencode({a=1})
}
resource "terraform_data" "gone" {
  input = { j = jsonencode({a=1}), m = "x\ny" }
}
resource "terraform_data" "replaced" { 
  triggers_replace = { j = jsonencode({a=1}), m = "x\ny", s = "s" , w = "{ }", l = [1] } 
}
