# Everything here is built in: nothing is downloaded, no account is needed.

variable "people" {
  description = "Who gets a greeting, and in which language."
  type = map(object({
    language = optional(string, "en")
  }))
  default = {
    ada    = {}
    blaise = { language = "fr" }
    konrad = { language = "de" }
  }

  validation {
    condition     = length(var.people) > 0
    error_message = "At least one person must be greeted."
  }
}

variable "release" {
  description = "Changing it replaces what carries it."
  type        = string
  default     = "1"
}

locals {
  words = {
    de = "Guten Tag"
    en = "Good day"
    fr = "Bonjour"
  }
}

# One instance of the module for each person.
module "greeting" {
  source   = "./modules/greeting"
  for_each = var.people

  name = title(each.key)
  word = local.words[each.value.language]
}

# Keeps a value; replaced when the release changes.
resource "terraform_data" "release" {
  input            = "release ${var.release}"
  triggers_replace = [var.release]

  lifecycle {
    create_before_destroy = true
  }
}

# Waits for all greetings, because it reads them.
resource "terraform_data" "book" {
  input = {
    lines   = [for greeting in module.greeting : greeting.text]
    release = terraform_data.release.output
  }

  lifecycle {
    postcondition {
      condition     = length(self.output.lines) == length(var.people)
      error_message = "Every person must be in the book."
    }
  }
}
