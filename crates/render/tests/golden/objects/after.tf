
resource "terraform_data" "a" {
  input = { keep = { x = 1, y = 2 }, change = { x = 5, y = 2, tags = { a = "b" } }, add = { z = { q = 1 } }, empty = { a = 1 }, becomes = [1] }
}
