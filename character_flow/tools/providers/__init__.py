"""Who answers for a model."""
