"""A notebook as a script, for editors that know cells: scores in a data frame of pandas.

python examples/notebook.py FOLDER

FOLDER holds images and a prompts.csv with the columns image, prompt and model.
"""

# %% Everything there is, with its columns.
import sys
from pathlib import Path

import pandas as pd

import cohp

folder = Path(sys.argv[1])
frame = pd.read_csv(folder / "prompts.csv")
print(frame.describe(include="all"))

# %% One call scores all of it; a bad image is a row with an error, not the end of the evening.
with cohp.Scorer() as scorer:
    judged = scorer.score([folder / name for name in frame["image"]], prompt=list(frame["prompt"]))
frame["score"] = [each.score.mean if each.score else None for each in judged]
frame["doubt"] = [each.score.std if each.score else None for each in judged]
frame["error"] = [each.error for each in judged]
print(frame[["image", "model", "score", "doubt"]].sort_values("score", ascending=False))

# %% Scores of different prompts do not compare: look at each against its own prompt's mean.
frame["lead"] = frame["score"] - frame.groupby("prompt")["score"].transform("mean")
print(frame.groupby("model")["lead"].agg(["mean", "std", "count"]))

# %% How often the best of a prompt is whose.
scored = frame.dropna(subset="score")
winners = scored.loc[scored.groupby("prompt")["score"].idxmax()]
print(winners["model"].value_counts())

# %% The same rows that `cohp score --json` prints, for who wants them flat.
print(pd.DataFrame([row for each in judged for row in each.rows()]).head())
frame.to_csv(folder / "scored.csv", index=False)
