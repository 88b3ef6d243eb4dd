output "account_id" {
  value       = data.aws_caller_identity.current.account_id
  description = "Account that owns the network."
}

output "vpc_id" {
  value       = aws_vpc.main.id
  description = "Id of the network."
}

output "subnet_ids" {
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
  description = "Ids of the subnets by zone."
}

output "security_group_id" {
  value       = aws_security_group.web.id
  description = "Id of the instances' security group."
}

output "instance_ids" {
  value       = aws_instance.web[*].id
  description = "Ids of the instances."
}

output "private_ips" {
  value       = aws_instance.web[*].private_ip
  description = "Addresses of the instances inside of the network."
}

output "public_ips" {
  value       = aws_instance.web[*].public_ip
  description = "Addresses of the instances on the internet."
}
