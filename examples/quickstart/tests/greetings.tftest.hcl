variables {
  people = {
    grace = {}
    emmy  = { language = "de" }
  }
}

# Nothing is made: the plan knows what the words are.
run "words" {
  command = plan

  assert {
    condition     = local.words["en"] == "Good day"
    error_message = "English people are greeted with ${local.words["en"]}."
  }
}

run "nobody" {
  command = plan

  variables {
    people = {}
  }

  expect_failures = [var.people]
}

run "book" {
  assert {
    condition     = length(terraform_data.book.output.lines) == 2
    error_message = "The book has ${length(terraform_data.book.output.lines)} lines."
  }
}

run "new_release" {
  variables {
    release = "2"
  }

  assert {
    condition     = terraform_data.release.output == "release 2"
    error_message = "Still ${terraform_data.release.output}."
  }
}
