Feature: what the stack breaks
  Scenario: Nets are of the third kind
    Given I have terraform_data defined
    When its name is "net"
    Then it must have input
    And it must have cidr
    And its value must match the "^192\.168\." regex
