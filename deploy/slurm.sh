#!/bin/bash
# Ray over a Slurm allocation, and a batch on it: sbatch deploy/slurm.sh PROMPTS OUT [OPTION...]
# OUT is on a file system that all nodes share, or a URL. Queued again, it goes on.
#SBATCH --job-name=cohp
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --exclusive
#SBATCH --time=24:00:00
#SBATCH --requeue
# A warning 5 minutes before the end: what is in hand is recorded first.
#SBATCH --signal=B:TERM@300
set -eu

if [ $# -lt 2 ]; then
    echo "usage: sbatch slurm.sh PROMPTS OUT [OPTION...]" >&2
    exit 2
fi
here=$(dirname "$(scontrol show job "$SLURM_JOB_ID" | sed -n 's/^ *Command=\([^ ]*\).*/\1/p')")
mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
address=$(srun --nodes=1 --ntasks=1 -w "$head" hostname --ip-address | awk '{ print $1 }')
# Two jobs on one node must not meet.
port=$((20000 + SLURM_JOB_ID % 10000))

# Nobody without the token gets a word in; Ray reads it from the environment of each process.
export RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
export RAY_AUTH_TOKEN

begin() {
    srun --nodes=1 --ntasks=1 --exact -w "$1" ray start --block \
        --num-cpus "$SLURM_CPUS_PER_TASK" --num-gpus "${SLURM_GPUS_ON_NODE:-0}" "${@:2}" &
}
begin "$head" --head --node-ip-address "$address" --port "$port" --include-dashboard=false
export RAY_ADDRESS=$address:$port
nodes_up() { ray status 2> /dev/null | grep -c '^ 1 node_' || true; }
until [ "$(nodes_up)" -ge 1 ]; do sleep 2; done
for node in "${nodes[@]:1}"; do
    begin "$node" --address "$RAY_ADDRESS"
done
until [ "$(nodes_up)" -ge "$SLURM_JOB_NUM_NODES" ]; do sleep 2; done

# A group of its own, so that the warning reaches all of it.
set -m
"$here/batch.sh" "$@" &
batch=$!
trap 'kill -TERM -- -"$batch"' TERM
# A wait that a signal ends says nothing of the batch yet.
while :; do
    code=0
    wait "$batch" || code=$?
    kill -0 "$batch" 2> /dev/null || break
done
exit "$code"
