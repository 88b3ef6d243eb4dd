# Other modules and providers need not be there to test what is made of their values.
override_resource {
  target = terraform_data.release
  values = {
    output = "release of the test"
  }
}

run "book_takes_the_release" {
  assert {
    condition     = terraform_data.book.output.release == "release of the test"
    error_message = "The book says ${terraform_data.book.output.release}."
  }
}
