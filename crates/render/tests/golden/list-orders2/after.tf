resource "terraform_data" "u" { triggers_replace = 1 }
resource "terraform_data" "sub1" {
  input = ["a","a","a"]
}
resource "terraform_data" "sub2" {
  input = ["a","b","c"]
}
resource "terraform_data" "sub3" {
  input = ["b","a","a","a"]
}
resource "terraform_data" "part" {
  input = ["b","a","x","d"]
}
resource "terraform_data" "emptystr" {
  input = [null,""]
}
resource "terraform_data" "em" {
  input = {a=null,b="",d=""}
}
resource "terraform_data" "lines" {
  input = "a\nx\nc"
}
resource "terraform_data" "lines2" {
  input = "d\na\nb\nc"
}
resource "terraform_data" "blank" {
  input = "\n\nx\ny\n"
}
resource "terraform_data" "eq" {
  input = "x"
}
resource "terraform_data" "toempty" {
  input = ""
}
resource "terraform_data" "bools" {
  input = "true"
}
resource "terraform_data" "big" {
  input = 1.23e-10
}
