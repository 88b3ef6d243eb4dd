
resource "terraform_data" "count" { count = 1 }
resource "terraform_data" "each" { for_each = toset(["a"]) }
resource "terraform_data" "tosingle" { }
resource "terraform_data" "eachtocount" { count = 1 }
resource "terraform_data" "single" { for_each = toset(["q"]) }
resource "terraform_data" "moved2" { input = 1 }
resource "terraform_data" "movedchanged2" { input = 2 }
resource "terraform_data" "imported" { input = "x" }
resource "terraform_data" "importrep" { triggers_replace = "x" }
moved {
  from = terraform_data.moved
  to = terraform_data.moved2
}
moved {
  from = terraform_data.movedchanged
  to = terraform_data.movedchanged2
}
moved {
  from = terraform_data.nomove
  to = terraform_data.nomove2
}
removed {
  from = terraform_data.forgotten
  lifecycle { destroy = false }
}
import {
  to = terraform_data.imported
  id = "imp-1"
}
import {
  to = terraform_data.importrep
  id = "imp-2"
}
module "n" { 
  source = "./m" 
  count = 1 
}
