resource "terraform_data" "u" { triggers_replace = 0 }
resource "terraform_data" "sub1" {
  input = ["a","b","c"]
}
resource "terraform_data" "sub2" {
  input = ["a","a","a"]
}
resource "terraform_data" "sub3" {
  input = ["a","b","b","c"]
}
resource "terraform_data" "part" {
  input = ["a","b","c","d"]
}
resource "terraform_data" "emptystr" {
  input = ["",null]
}
resource "terraform_data" "em" {
  input = {a="",b=null,c=""}
}
resource "terraform_data" "lines" {
  input = "a\nb\nc"
}
resource "terraform_data" "lines2" {
  input = "a\nb\nc\nd"
}
resource "terraform_data" "blank" {
  input = "\n\nx\n"
}
resource "terraform_data" "eq" {
  input = "x\n"
}
resource "terraform_data" "toempty" {
  input = "x"
}
resource "terraform_data" "bools" {
  input = true
}
resource "terraform_data" "big" {
  input = 1e100
}
