#### 1
resource "terraform_data" "x" { input = "1" }
resource "cloud_shape" "a" {
  name   = "a"
  single = { mode = "m", level = 7, inner = { given = "g" } }
  items  = [{ sku = "s1" }, { sku = "s2" }]
  slots  = { a = { port = 1 } }
  pool   = [{ cidr = "a" }]
  rule {
    port = 1
    note = "n"
  }
  lifecycle {
    ignore_changes = [single.mode, items[0].sku, slots["a"], rule[0].note, single.inner]
    replace_triggered_by = [terraform_data.x]
  }
}
#### 2
resource "terraform_data" "x" { input = "1" }
resource "cloud_shape" "a" {
  name   = "a"
  single = { mode = "m2", inner = { given = "g2" } }
  items  = [{ sku = "s1b" }, { sku = "s2b" }]
  slots  = { a = { port = 2 }, b = { port = 1 } }
  pool   = [{ cidr = "b" }]
  rule {
    port = 2
    note = "n2"
  }
  lifecycle {
    ignore_changes = [single.mode, items[0].sku, slots["a"], rule[0].note, single.inner]
    replace_triggered_by = [terraform_data.x]
  }
}
#### 3
resource "terraform_data" "x" { input = "2" }
resource "cloud_shape" "b" {
  name   = "a"
  single = { mode = "m2", inner = { given = "g2" } }
  items  = [{ sku = "s1b" }, { sku = "s2b" }]
  slots  = { a = { port = 2 }, b = { port = 1 } }
  pool   = [{ cidr = "b" }]
  rule {
    port = 2
    note = "n2"
  }
  lifecycle {
    ignore_changes = all
    replace_triggered_by = [terraform_data.x]
  }
}
moved {
  from = cloud_shape.a
  to   = cloud_shape.b
}
#### 4
resource "cloud_shape" "b" {
  for_each = { x = sensitive("p"), y = "q" }
  name   = each.key
  secret = each.value
  single = { password = each.value }
  peer { cidr = each.key }
  lifecycle {
    ignore_changes = [slots, peer]
    postcondition {
      condition     = self.single.stamp != "" && self.token == null
      error_message = "no stamp"
    }
  }
}
output "splat" {
  value = [for s in cloud_shape.b : s.single.stamp]
}
output "all" {
  value     = { for k, s in cloud_shape.b : k => s.peer }
  sensitive = true
}
#### 5
resource "cloud_shape" "b" {
  for_each = { x = sensitive("p2"), y = "q" }
  name   = each.key
  secret = each.value
  single = { password = each.value, inner = null, list = null }
  items = null
  pool = []
  slots = {}
  filled = null
  peer { cidr = "${each.key}2" }
  lifecycle {
    ignore_changes = [slots, peer]
  }
}
output "splat" {
  value = [for s in cloud_shape.b : s.single.stamp]
}
