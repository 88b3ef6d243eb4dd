
resource "terraform_data" "multi" {
  input = "line one\nline 2\nline three\n  indented\nnew\nlast"
}
resource "terraform_data" "tomulti" {
  input = "single\nand more"
}
resource "terraform_data" "frommulti" {
  input = "b"
}
resource "terraform_data" "json" {
  input = jsonencode({ a = [1,3], b = { c = "e", f = null }, s = "t" })
}
resource "terraform_data" "jsonlist" {
  input = jsonencode([1,2,{x="y"}])
}
resource "terraform_data" "ws" {
  input = "{\"a\": 1,\n \"l\":[1]}"
}
resource "terraform_data" "tojson" {
  input = jsonencode({a=1})
}
resource "terraform_data" "fromjson" {
  input = "text"
}
resource "terraform_data" "created" {
  input = { j = jsonencode({a=1, e = {}, l = []}), m = "x\ny", e = "", q = "{not json" }
}
resource "terraform_data" "replaced" { 
  triggers_replace = { j = jsonencode({a=2}), m = "x\nz", s = "t", w = "{}" , l = [2] } 
}
