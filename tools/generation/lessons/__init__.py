"""What a person's rejections teach: examples to keep away from, and rules that they confirmed."""
