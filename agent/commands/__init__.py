"""The commands of `finetune-coverage`, one file per group; whatever is heavy is imported inside a command."""
