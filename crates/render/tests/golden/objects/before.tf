
resource "terraform_data" "a" {
  input = { keep = { x = 1, y = 2 }, change = { x = 1, y = 2, tags = { a = "b" } }, drop = { z = { q = 1 } }, empty = {}, becomes = { a = 1 } }
}
resource "terraform_data" "gone" {
  input = { m = { a = "b" }, l = [1, { c = "d" }], e = {}, el = [], t = "multi\nline" }
}
