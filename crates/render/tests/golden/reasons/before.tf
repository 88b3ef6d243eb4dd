
resource "terraform_data" "count" { count = 3 }
resource "terraform_data" "each" { for_each = toset(["a","b \" q"]) }
resource "terraform_data" "tosingle" { count = 2 }
resource "terraform_data" "eachtocount" { for_each = toset(["a"]) }
resource "terraform_data" "single" { }
resource "terraform_data" "gone" { }
resource "terraform_data" "moved" { input = 1 }
resource "terraform_data" "movedchanged" { input = 1 }
resource "terraform_data" "nomove" { input = 1 }
resource "terraform_data" "forgotten" { input = { a = [1] } }
module "m" { source = "./m" }
module "n" { 
  source = "./m" 
  count = 2 
}
-- m/main.tf
resource "terraform_data" "z" { input = "z" }
