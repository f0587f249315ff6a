#!/bin/bash
# Begins a batch on the Ray cluster at hand, or goes on with it: batch.sh PROMPTS OUT [OPTION...]
# It may be started again after anything. Options are those of a new batch: models, reward, ...
set -u
# cohp hears a signal to the group too, and ends once what is in hand is recorded.
trap : TERM INT
prompts=$1 out=$2
shift 2

# --resume says by 2 that there is no batch yet.
cohp batch --ray --resume --out "$out"
code=$?
if [ "$code" -eq 2 ]; then
    cohp batch "$prompts" --ray --out "$out" "$@"
    code=$?
fi
# 5: all was done, and some prompts failed: they are listed, and another start would not help.
[ "$code" -eq 5 ] && exit 0
exit "$code"
