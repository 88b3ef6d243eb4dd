variable "region" {
  type        = string
  default     = "eu-central-1"
  description = "Region of the network."
}

variable "endpoint" {
  type        = string
  default     = null
  description = "Address of a service that behaves like AWS, e.g. http://127.0.0.1:5000. Null means AWS."
}

variable "name" {
  type        = string
  default     = "formwork-network"
  description = "Beginning of all names."
}

variable "cidr_block" {
  type        = string
  default     = "10.20.0.0/16"
  description = "Addresses of the network."
}

variable "zone_count" {
  type        = number
  default     = 2
  description = "Number of availability zones, with a subnet in each."

  validation {
    condition     = var.zone_count >= 1
    error_message = "There must be at least one zone."
  }
}

variable "admin_cidr_block" {
  type        = string
  default     = "192.0.2.0/24"
  description = "Addresses that may use SSH."
}

variable "public_key" {
  type        = string
  default     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOoovYS9JBvI3waQQ1ogM+0cVc6CqkPG3eCIYPwcge6y example"
  description = "SSH key of the instances. The key that goes with the default is gone: set your own to log in."
}

variable "ami" {
  type        = string
  default     = null
  description = "Image of the instances. Null means the newest Amazon Linux 2023."
}

variable "instance_type" {
  type        = string
  default     = "t3.micro"
  description = "Type of the instances."
}

variable "instance_count" {
  type        = number
  default     = 3
  description = "Number of instances, spread over the zones."
}

variable "role" {
  type        = string
  default     = "web"
  description = "Value of the instances' tag Role."
}
