provider "aws" {
  region = "eu-central-1"
  access_key = "x"
  secret_key = "y"
  skip_credentials_validation = true
  skip_requesting_account_id = true
  skip_metadata_api_check = true
  skip_region_validation = true
}

resource "aws_security_group" "a" {
  name = "a"
  description = "b"
  vpc_id = "vpc-2"
  ingress {
    from_port = 80
    to_port = 80
    protocol = "tcp"
    cidr_blocks = ["10.0.0.0/8", "12.0.0.0/8"]
  }
  ingress {
    from_port = 443
    to_port = 443
    protocol = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
    description = "x"
  }
  ingress {
    from_port = 444
    to_port = 444
    protocol = "tcp"
    self = true
  }
  tags = { Name = "a" , "b c" = "e", n = "new"}
}
resource "aws_instance" "i" {
  ami = "ami-2"
  instance_type = "t3.large"
  user_data = "hello"
  root_block_device {
    volume_size = 30
  }
  ebs_block_device {
    device_name = "/dev/sdb"
    volume_size = 21
  }
  ebs_block_device {
    device_name = "/dev/sdc"
    volume_size = 22
  }
  credit_specification {
    cpu_credits = "unlimited"
  }
  metadata_options { 
    http_tokens = "required" 
  }
}
resource "aws_iam_policy" "p" {
  name = "p"
  policy = jsonencode({Version="2012-10-17", Statement=[{Effect="Allow", Action=["s3:*","sqs:*"], Resource="*"}]})
}
resource "aws_db_instance" "d" {
  instance_class = "db.t3.micro"
  engine = "mysql"
  password = "secret2"
  username = "u"
  allocated_storage = 20
  timeouts { 
   create = "20m" 
  }
}
resource "aws_s3_bucket" "b" {
  bucket = "b"
  lifecycle_rule {
    id = "a"
    enabled = true
    expiration { 
      days = 4
    }
    transition {
      days = 2
      storage_class = "GLACIER"
    }
    transition {
      days = 5
      storage_class = "DEEP_ARCHIVE"
    }
  }
  versioning { 
    enabled = false
  }
  website {
    index_document = "index.html"
  }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }
}
