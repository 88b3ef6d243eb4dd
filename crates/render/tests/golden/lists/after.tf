
resource "terraform_data" "grow" { 
  input = ["a","b","c","d","e","f", "g"]
}
resource "terraform_data" "middle" { 
  input = ["a","b","c","d","X","f","g","h"]
}
resource "terraform_data" "objects" { 
  input = [{a=1,b="x"},{a=2,b="w"},{a=3,b="z"},{a=4,b="n"}] 
}
resource "terraform_data" "order" { 
  input = [3,1,2] 
}
resource "terraform_data" "empty" {
  input = ["x"]
}
resource "terraform_data" "emptied" {
  input = []
}
resource "terraform_data" "nested" { 
  input = [[1,5],[3],[]]
}
resource "terraform_data" "mixed" { 
  input = [1,"b",{x=2},"z"]
}
