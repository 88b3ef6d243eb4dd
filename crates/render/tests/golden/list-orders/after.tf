resource "terraform_data" "u" { triggers_replace = 1 }
resource "terraform_data" "shift" {
  input = ["a","x","b","d"]
}
resource "terraform_data" "dup" {
  input = ["a","b","b","c"]
}
resource "terraform_data" "dup2" {
  input = ["a","b","b","c"]
}
resource "terraform_data" "dup3" {
  input = ["x","x","y"]
}
resource "terraform_data" "swap" {
  input = ["b","a","c"]
}
resource "terraform_data" "all" {
  input = ["d","e","f"]
}
resource "terraform_data" "obj" {
  input = [{a=2,b=2},{a=1,b=1}]
}
resource "terraform_data" "obj2" {
  input = [{a=2,b=2},{a=3,b=1}]
}
resource "terraform_data" "obj3" {
  input = [{a=1,b=1}]
}
resource "terraform_data" "obj4" {
  input = [{a=2,b=2},{a=3,b=3}]
}
resource "terraform_data" "kinds" {
  input = ["1",["a"],{a=1},[1]]
}
resource "terraform_data" "long" {
  input = [1,2,0,4,5,6,7,8,9,10,11,13]
}
resource "terraform_data" "long2" {
  input = [1,2,4,5,6,7,8,9,10,11,12,13,14]
}
resource "terraform_data" "lists" {
  input = [[1,5],[3]]
}
resource "terraform_data" "nulls" {
  input = [1,null,null]
}
resource "terraform_data" "unk" {
  input = [terraform_data.u.id,"b","c"]
}
resource "terraform_data" "unk2" {
  input = ["b", terraform_data.u.id]
}
