"""Benchmarks: prompts in, models, recipes or images compared, a reward as the judge, tables out."""
