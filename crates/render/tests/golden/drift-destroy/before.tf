provider "aws" {
  region = "us-east-1"
  access_key = "x"
  secret_key = "y"
  skip_credentials_validation = true
  skip_requesting_account_id = true
  skip_metadata_api_check = true
  skip_region_validation = true
  s3_force_path_style = true
  endpoints { 
    ec2 = "http://127.0.0.1:5599" 
    iam = "http://127.0.0.1:5599" 
    sts = "http://127.0.0.1:5599" 
    s3 = "http://127.0.0.1:5599" 
  }
}

resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
  tags = { Name = "v", a = "b" }
}
resource "aws_subnet" "s" {
  vpc_id = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
  tags = { Name = "s-${aws_vpc.v.tags.a}" }
}
resource "aws_vpc" "unrelated" {
  cidr_block = "10.1.0.0/16"
  tags = { Name = "u" }
}
resource "aws_internet_gateway" "g" {
  vpc_id = aws_vpc.v.id
}
