#### 1
ephemeral "cloud_token" "t" { name = "word1" }
variable "eph" {
  type      = string
  ephemeral = true
  default   = "word2"
}
locals { derived = "${ephemeral.cloud_token.t.value}-${var.eph}" }
resource "cloud_shape" "a" {
  name          = "a"
  token         = local.derived
  token_version = 1
  single        = { mode = "m", key = ephemeral.cloud_token.t.value }
  items         = [{ sku = "s", key = var.eph }, { sku = "t" }]
  slots         = { a = { port = 1, key = local.derived } }
  rule {
    port = 1
    key  = var.eph
  }
  dynamic "rule" {
    for_each = [1, 2]
    content {
      port = rule.value
      key  = "${var.eph}${rule.key}"
    }
  }
}
resource "terraform_data" "x" {
  input = ephemeralasnull(local.derived)
}
output "none" { value = cloud_shape.a.token == null }
output "nested" { value = cloud_shape.a.single.key == null }
#### 2
ephemeral "cloud_token" "t" { name = "word1" }
resource "cloud_shape" "a" {
  name          = "a"
  token         = "word3${ephemeral.cloud_token.t.value}"
  token_version = 2
  single        = { mode = "m", key = "word4${ephemeral.cloud_token.t.value}" }
}
#### 3 -destroy
