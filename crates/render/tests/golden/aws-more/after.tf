provider "aws" {
  region = "eu-central-1"
  access_key = "x"
  secret_key = "y"
  skip_credentials_validation = true
  skip_requesting_account_id = true
  skip_metadata_api_check = true
  skip_region_validation = true
}

resource "aws_lb_listener" "l" {
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/y/50dc6c495c0c9188"
  port = 443
  default_action {
    type = "redirect"
    redirect {
      status_code = "HTTP_301"
      port = 443
    }
  }
}
resource "aws_route_table" "r" {
  vpc_id = "vpc-1"
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = "igw-2"
  }
  route {
    cidr_block = "10.0.0.0/8"
    gateway_id = "igw-2"
  }
}
resource "aws_cloudwatch_event_rule" "e" {
  name = "e"
  event_pattern = jsonencode({source=["aws.ec2"], x = ["y"]})
  description = "now"
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role = "arn:aws:iam::123456789012:role/r"
  s3_bucket = "b"
  s3_key = "k"
  handler = "h"
  runtime = "python3.8"
  environment {
    variables = { A = "2", "B" = "two\nlonger\nlines", C = "" }
  }
}
resource "aws_ssm_parameter" "s" {
  name = "s"
  type = "SecureString"
  value = "w"
}
resource "aws_dynamodb_table" "t" {
  name = "t"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "b"
  attribute {
    name = "b"
    type = "S"
  }
  global_secondary_index {
    name = "i"
    hash_key = "b"
    projection_type = "ALL"
  }
}
resource "aws_autoscaling_group" "g" {
  availability_zones = ["eu-central-1b"]
  max_size = 2
  min_size = 1
  launch_configuration = "lc"
  tag {
    key = "a"
    value = "c"
    propagate_at_launch = true
  }
}
resource "aws_iam_role" "r" {
  name = "r"
  assume_role_policy = "{}"
  inline_policy {
    name = "x"
    policy = "{\"a\":2}"
  }
}
