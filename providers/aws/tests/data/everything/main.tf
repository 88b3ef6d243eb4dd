# Every resource type and data source once, with what a second stage changes in place.
# The endpoint comes from the environment.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "stage" {
  type    = string
  default = "first"
}

locals {
  second = var.stage == "second"
}

provider "aws" {
  region = "eu-central-1"

  default_tags {
    tags = { suite = "everything" }
  }
}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_availability_zones" "all" {
  exclude_names = ["${data.aws_region.current.name}c"]
}

data "aws_ami" "ubuntu" {
  owners      = ["099720109477"]
  name_regex  = "^ubuntu/images/hvm-ssd/ubuntu-xenial"
  most_recent = true
}

data "aws_vpc" "main" {
  id = aws_vpc.main.id
}

resource "aws_vpc" "main" {
  cidr_block                       = "10.5.0.0/16"
  assign_generated_ipv6_cidr_block = true
  enable_dns_hostnames             = local.second
  tags                             = { stage = var.stage }
}

resource "aws_subnet" "main" {
  vpc_id                  = aws_vpc.main.id
  availability_zone       = data.aws_availability_zones.all.names[1]
  cidr_block              = cidrsubnet(aws_vpc.main.cidr_block, 8, 1)
  map_public_ip_on_launch = local.second

  timeouts {
    create = "5m"
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { stage = var.stage }
}

resource "aws_route_table" "inline" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }

  dynamic "route" {
    for_each = local.second ? ["192.168.0.0/16"] : ["172.16.0.0/12", "192.168.0.0/16"]
    content {
      cidr_block = route.value
      gateway_id = aws_internet_gateway.main.id
    }
  }
}

resource "aws_route_table" "bare" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "default" {
  route_table_id         = aws_route_table.bare.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "main" {
  subnet_id      = aws_subnet.main.id
  route_table_id = local.second ? aws_route_table.bare.id : aws_route_table.inline.id
}

resource "aws_security_group" "inline" {
  name   = "inline"
  vpc_id = aws_vpc.main.id

  ingress {
    description = "web"
    from_port   = 80
    to_port     = local.second ? 81 : 80
    protocol    = "tcp"
    cidr_blocks = ["10.5.2.0/24", "10.5.1.0/24"]
  }

  ingress {
    from_port = 0
    to_port   = 0
    protocol  = "-1"
    self      = true
  }

  egress {
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }
}

resource "aws_security_group" "bare" {
  name        = "bare"
  description = "rules of its own"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  security_group_id = aws_security_group.bare.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = local.second ? 23 : 22
  cidr_ipv4         = "10.0.0.0/8"
  description       = "ssh"
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.bare.id
  ip_protocol       = "-1"
  cidr_ipv6         = "::/0"
  tags              = { stage = var.stage }
}

resource "aws_key_pair" "main" {
  key_name   = "everything"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5kZ0dzZ2Zkc2dmZHNnZmRzZ2Zkc2dmZHNnZmRzZ2Zk"
}

resource "aws_instance" "main" {
  ami                    = data.aws_ami.ubuntu.id
  instance_type          = local.second ? "t3.small" : "t3.micro"
  key_name               = aws_key_pair.main.key_name
  subnet_id              = aws_subnet.main.id
  vpc_security_group_ids = [aws_security_group.bare.id, aws_security_group.inline.id]
  user_data              = "#!/bin/sh\necho ${var.stage}\n"

  root_block_device {
    volume_size = local.second ? 12 : 10
  }

  ebs_block_device {
    device_name = "/dev/sdh"
    volume_size = 4
    encrypted   = true
  }

  metadata_options {
    http_tokens = local.second ? "required" : "optional"
  }

  credit_specification {
    cpu_credits = "standard"
  }
}

output "root_volume_id" {
  value = aws_instance.main.root_block_device[0].volume_id
}

output "account_id" {
  value = data.aws_caller_identity.current.account_id
}

output "import_ids" {
  value = {
    "aws_instance.main"                       = aws_instance.main.id
    "aws_internet_gateway.main"               = aws_internet_gateway.main.id
    "aws_key_pair.main"                       = aws_key_pair.main.key_name
    "aws_route.default"                       = "${aws_route_table.bare.id}_0.0.0.0/0"
    "aws_route_table.bare"                    = aws_route_table.bare.id
    "aws_route_table.inline"                  = aws_route_table.inline.id
    "aws_route_table_association.main"        = "${aws_subnet.main.id}/${aws_route_table_association.main.route_table_id}"
    "aws_security_group.bare"                 = aws_security_group.bare.id
    "aws_security_group.inline"               = aws_security_group.inline.id
    "aws_subnet.main"                         = aws_subnet.main.id
    "aws_vpc.main"                            = aws_vpc.main.id
    "aws_vpc_security_group_egress_rule.all"  = aws_vpc_security_group_egress_rule.all.id
    "aws_vpc_security_group_ingress_rule.ssh" = aws_vpc_security_group_ingress_rule.ssh.id
  }
}

output "cidr_block" {
  value = data.aws_vpc.main.cidr_block
}
