# The server, on a CPU or a GPU: docker compose --profile cpu up, or --profile gpu up.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 cohp
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY cohp ./cohp
# The usual build of torch works on both. Where size matters, name PyTorch's index of CPU builds.
ARG TORCH_INDEX=""
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
    --constraint constraints.txt '.[server]'

USER cohp
# Runs, and the weights that were fetched: keep both.
RUN mkdir /home/cohp/runs /home/cohp/.cache
VOLUME ["/home/cohp/runs", "/home/cohp/.cache"]
EXPOSE 8484
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8484/health', timeout=3)"]
# It listens to all of the container's addresses, so it needs COHP_TOKEN.
CMD ["cohp", "serve", "--host", "0.0.0.0", "--runs", "/home/cohp/runs"]
