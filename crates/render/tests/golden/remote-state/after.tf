
resource "terraform_data" "a" {}
data "terraform_remote_state" "s" {
  backend = "local"
  config = { path = "x-${terraform_data.a.id}" }
}
data "terraform_remote_state" "t" {
  backend = "local"
  config = { path = "s.tfstate" }
  depends_on = [terraform_data.a]
}
output "x" { value = data.terraform_remote_state.s.outputs }
-- s.tfstate
{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"c0ffee00-0000-0000-0000-000000000000","outputs":{},"resources":[],"check_results":null}
