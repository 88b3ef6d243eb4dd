
variable "v" { 
  default = 1 
  validation {
    condition = var.v > 0
    error_message = "no"
  }
}
resource "terraform_data" "a" {
  count = 2
  input = 2
  lifecycle {
    postcondition {
      condition = self.output == 1
      error_message = "bad"
    }
  }
}
check "c" {
  data "terraform_remote_state" "s" {
    backend = "local"
    config = { path = terraform_data.a[0].id }
  }
  assert {
    condition = var.v == 2
    error_message = "not 2"
  }
}
