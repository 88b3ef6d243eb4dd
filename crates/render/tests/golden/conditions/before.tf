
variable "v" { default = 1 }
resource "terraform_data" "a" {
  input = 1
  lifecycle {
    postcondition {
      condition = self.input == 1
      error_message = "bad"
    }
  }
}
