
output "o" { value = [1] }
output "long_name" { value = "a\nb" }
