resource "terraform_data" "u" { triggers_replace = 0 }
resource "terraform_data" "shift" {
  input = ["a","b","c","d"]
}
resource "terraform_data" "dup" {
  input = ["a","a","b","c"]
}
resource "terraform_data" "dup2" {
  input = ["a","b","a","c"]
}
resource "terraform_data" "dup3" {
  input = ["x","y","y"]
}
resource "terraform_data" "swap" {
  input = ["a","b","c"]
}
resource "terraform_data" "all" {
  input = ["a","b","c"]
}
resource "terraform_data" "obj" {
  input = [{a=1,b=1},{a=2,b=2}]
}
resource "terraform_data" "obj2" {
  input = [{a=1,b=1},{a=2,b=2}]
}
resource "terraform_data" "obj3" {
  input = [{a=1,b=1},{a=2,b=2}]
}
resource "terraform_data" "obj4" {
  input = [{a=1,b=1},{a=2,b=2},{a=3,b=3}]
}
resource "terraform_data" "kinds" {
  input = [1,"a",[1],{a=1}]
}
resource "terraform_data" "long" {
  input = [1,2,3,4,5,6,7,8,9,10,11,12]
}
resource "terraform_data" "long2" {
  input = [1,2,3,4,5,6,7,8,9,10,11,12]
}
resource "terraform_data" "lists" {
  input = [[1,2],[3]]
}
resource "terraform_data" "nulls" {
  input = [null,1,null]
}
resource "terraform_data" "unk" {
  input = ["a","b"]
}
resource "terraform_data" "unk2" {
  input = ["a","b"]
}
