
resource "terraform_data" "grow" { 
  input = ["a","b","c","d","e","f"]
}
resource "terraform_data" "middle" { 
  input = ["a","b","c","d","e","f","g","h"]
}
resource "terraform_data" "objects" { 
  input = [{a=1,b="x"},{a=2,b="y"},{a=3,b="z"}] 
}
resource "terraform_data" "order" { 
  input = [1,2,3] 
}
resource "terraform_data" "empty" {
  input = []
}
resource "terraform_data" "emptied" {
  input = [1]
}
resource "terraform_data" "nested" { 
  input = [[1,2],[3]]
}
resource "terraform_data" "mixed" { 
  input = [1,"a",{x=1},null]
}
