
resource "terraform_data" "a" { input = "b" }
resource "terraform_data" "b" { 
  lifecycle { 
    precondition { 
      condition = terraform_data.a.input == "c"
      error_message = "no" 
    }
  }
}
