#### 1
resource "terraform_data" "x" { input = "late" }
resource "cloud_shape" "min" { name = "min" }
resource "cloud_shape" "a" {
  name   = "a"
  secret = "hidden"
  single = {
    mode     = "m"
    password = "p"
    inner    = { given = "g" }
    list     = [{ given = "x" }, {}]
  }
  items = [{ sku = "s1" }, { sku = "s2", password = "q" }]
  pool  = [{ cidr = "10.0.0.0/8" }, { cidr = "10.1.0.0/16", weight = 3, password = "w" }]
  slots = { a = { port = 1 }, b = { port = 2 } }
  rule {
    port = 80
    note = "first"
    match { path = "/b" }
    match { path = "/a" }
    burst { rate = 3 }
  }
  rule { port = 443 }
  peer {
    cidr = "b"
    hop { to = "1" }
    hop { to = "2" }
  }
  peer {
    cidr     = "a"
    password = "peer"
  }
  endpoint "one" {
    url = "u"
    header {
      name  = "n"
      value = "v"
    }
  }
  endpoint "two" {}
  limits {
    cpu = 2
    burst { rate = 1 }
  }
  group { total = 1 }
}
resource "cloud_shape" "late" {
  name   = "late"
  single = { mode = terraform_data.x.output, inner = { given = terraform_data.x.id } }
  items  = [{ sku = terraform_data.x.output }, { sku = "known" }]
  pool   = [{ cidr = terraform_data.x.output }, { cidr = "known" }]
  slots  = { (terraform_data.x.input) = { port = 1 } }
  rule { port = length(terraform_data.x.output) }
  peer { cidr = terraform_data.x.output }
  endpoint "e" { url = terraform_data.x.output }
}
resource "cloud_shape" "whole" {
  name   = "whole"
  single = terraform_data.x.output == "late" ? { mode = "a" } : null
  items  = [for x in [terraform_data.x.output] : { sku = x }]
  pool   = toset([for x in [terraform_data.x.output] : { cidr = x, weight = null, password = null }])
  slots  = { for x in ["a"] : x => { port = length(terraform_data.x.output) } }
}
output "facts" {
  value     = cloud_shape.a.facts
  sensitive = true
}
output "stamp" { value = cloud_shape.a.single.stamp }
output "whole" {
  value     = cloud_shape.a
  sensitive = true
}
#### 2
resource "terraform_data" "x" { input = "late" }
resource "cloud_shape" "min" {
  name = "min"
  single = {}
  items = []
  filled = { password = "given" }
}
resource "cloud_shape" "a" {
  name   = "a"
  secret = "hidden2"
  single = {
    mode     = "m2"
    inner    = { }
    list     = [{ given = "y" }, {}, { given = "z" }]
  }
  items = [{ sku = "s2", password = "q2" }, { sku = "s1" }, { sku = "s3" }]
  pool  = [{ cidr = "10.0.0.0/8", weight = 9 }, { cidr = "10.2.0.0/16" }]
  slots = { b = { port = 3 }, c = { port = 2 } }
  rule {
    port = 80
    match { path = "/c" }
    match { path = "/a" }
  }
  peer {
    cidr = "b"
    hop { to = "2" }
  }
  peer {
    cidr     = "c"
    password = "peer"
  }
  endpoint "one" {
    url = "u2"
    header {
      name  = "n"
      value = "v2"
    }
    header { name = "n2" }
  }
  endpoint "three" {}
  limits {
    burst { rate = 2 }
  }
}
resource "cloud_shape" "late" {
  name   = "late"
  single = { mode = terraform_data.x.output, inner = { given = terraform_data.x.id } }
  items  = [{ sku = terraform_data.x.output }, { sku = "known" }]
  pool   = [{ cidr = terraform_data.x.output }, { cidr = "known" }]
  slots  = { (terraform_data.x.input) = { port = 1 } }
  rule { port = length(terraform_data.x.output) }
  peer { cidr = terraform_data.x.output }
  endpoint "e" { url = terraform_data.x.output }
}
#### 3
resource "terraform_data" "x" { input = "late2" }
resource "cloud_shape" "late" {
  name   = "late"
  single = { mode = terraform_data.x.output, inner = { given = terraform_data.x.id } }
  items  = [{ sku = terraform_data.x.output }, { sku = "known" }]
  pool   = [{ cidr = terraform_data.x.output }, { cidr = "known" }]
  slots  = { (terraform_data.x.input) = { port = 1 } }
  rule { port = length(terraform_data.x.output) }
  peer { cidr = terraform_data.x.output }
  endpoint "e" { url = terraform_data.x.output }
}
