#### 1
variable "secret" {
  default   = "s3"
  sensitive = true
}
resource "terraform_data" "x" { input = "late" }
locals {
  rules = {
    b = { port = 2, paths = ["/y", "/x"] }
    a = { port = 1, paths = [] }
  }
  endpoints = { one = "u1", two = "u2" }
}
resource "cloud_shape" "nested" {
  name = "nested"
  dynamic "rule" {
    for_each = local.rules
    iterator = r
    content {
      port = r.value.port
      note = "${r.key} of ${length(local.rules)}"
      dynamic "match" {
        for_each = toset(r.value.paths)
        content { path = "${r.key}${match.value}${match.key}" }
      }
      dynamic "burst" {
        for_each = r.key == "a" ? [1] : []
        content { rate = r.value.port }
      }
    }
  }
  dynamic "endpoint" {
    for_each = local.endpoints
    labels   = [endpoint.key]
    content {
      url = endpoint.value
      dynamic "header" {
        for_each = ["h1", "h2"]
        content {
          name  = "${endpoint.key}-${header.key}"
          value = header.value
        }
      }
    }
  }
  endpoint "static" {}
  dynamic "peer" {
    for_each = ["c", "a", "c"]
    content {
      cidr = peer.value
      dynamic "hop" {
        for_each = [peer.key, peer.value]
        content { to = hop.value }
      }
    }
  }
  dynamic "limits" {
    for_each = [4]
    content {
      cpu = limits.value
      dynamic "burst" {
        for_each = { k = 1 }
        content { rate = burst.value }
      }
    }
  }
  dynamic "group" {
    for_each = []
    content { total = 1 }
  }
}
resource "cloud_shape" "unknown" {
  name = "unknown"
  rule { port = 1 }
  dynamic "rule" {
    for_each = toset([terraform_data.x.output])
    content { port = length(rule.value) }
  }
  dynamic "peer" {
    for_each = [terraform_data.x.output, "k"]
    content { cidr = peer.value }
  }
  dynamic "limits" {
    for_each = terraform_data.x.output == "late" ? [1] : []
    content { cpu = limits.value }
  }
}
resource "cloud_shape" "unknown_list" {
  name = "unknown_list"
  dynamic "rule" {
    for_each = split(",", terraform_data.x.output)
    content {
      port = length(rule.value)
      dynamic "match" {
        for_each = [rule.value]
        content { path = match.value }
      }
    }
  }
  rule {
    port = 5
    dynamic "match" {
      for_each = split(",", terraform_data.x.output)
      content { path = match.value }
    }
  }
  peer { cidr = "known" }
  dynamic "peer" {
    for_each = split(",", terraform_data.x.output)
    content { cidr = peer.value }
  }
}
resource "cloud_shape" "sensitive" {
  name = "sensitive"
  dynamic "rule" {
    for_each = [var.secret]
    content {
      port = 1
      note = rule.value
    }
  }
  dynamic "rule" {
    for_each = toset(["a"])
    content {
      port = 1
      note = "${rule.value}${var.secret}"
    }
  }
  dynamic "peer" {
    for_each = [var.secret]
    content { cidr = peer.value }
  }
  dynamic "endpoint" {
    for_each = { a = var.secret }
    labels   = [endpoint.key]
    content { url = endpoint.value }
  }
  limits { cpu = length(var.secret) }
  single = { mode = var.secret, list = [{ given = var.secret }] }
  items  = [{ sku = var.secret }]
  pool   = [{ cidr = var.secret }]
  slots  = { a = { port = length(var.secret) } }
}
resource "cloud_shape" "sensitive_collection" {
  name = "sensitive_collection"
  dynamic "rule" {
    for_each = sensitive(["x", "y"])
    content {
      port = length(rule.value)
      note = rule.key
    }
  }
  dynamic "peer" {
    for_each = sensitive(["x"])
    content { cidr = peer.value }
  }
  maps   = [{ a = "1", b = "2" }, { c = "3" }]
  items  = sensitive([{ sku = "a" }])
  single = sensitive({ mode = "x" })
  slots  = sensitive({ a = { port = 1 } })
}
#### 2
resource "cloud_shape" "sensitive_collection" {
  name = "sensitive_collection"
  maps   = [{ a = "1" }, { c = "4", d = "5" }]
  items  = [{ sku = "a" }]
  single = { mode = "x" }
  slots  = { a = { port = 1 } }
}
resource "cloud_shape" "nested" {
  name = "nested"
}
#### 3 -destroy
