output "greetings" {
  description = "All greetings by person."
  value       = { for key, greeting in module.greeting : key => greeting.text }
}

output "lines" {
  description = "How many lines the book has."
  value       = length(terraform_data.book.output.lines)
}

output "release" {
  value = terraform_data.release.output
}
