Feature: what the stack keeps to
  Scenario: Nets are private
    Given I have terraform_data defined
    When its name is "net"
    Then it must have input
    And it must have cidr
    And its value must match the "^10\." regex

  Scenario: Subnets have an owner
    Given I have terraform_data defined
    When its name is "subnet"
    Then it must have input
    And it must have owner
    And its value must be us

  Scenario: There are two hosts
    Given I have null_resource defined
    When I count them
    Then its value must be equal to 2
