
module "m" { 
  source = "./m" 
  for_each = toset(["a","b"])
}
output "o" { value = module.m }
-- m/main.tf
resource "terraform_data" "z" { 
  count = 2
  input = "z" 
}
module "k" { source = "./k" }
output "ids" { 
  value = terraform_data.z[*].output
}
-- m/k/main.tf
resource "terraform_data" "q" { input = [ { a = 1 } ] }
