"""A small world of captioned storybook scenes whose every attribute is known."""
