# A model over HTTP, by a user who may do nothing else:
#
#   docker build -t nerlink .
#   docker run --rm -p 127.0.0.1:8000:8000 -v ./my-model:/model:ro nerlink
#
# Options follow the image's name: nerlink /model --host 0.0.0.0 --json-logs. A token goes in by
# -e NERLINK_TOKEN; --editable needs a folder that is mounted without :ro, and that user 10001 may
# write. The port inside stays 8000, which the check of health asks; -p maps it to another. Cores that the container may not use are not known to it: name --threads.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY nerlink nerlink
COPY corpora corpora
# pip reads this variable: an index of torch builds without CUDA makes the image a tenth of the size,
# as in docker build --build-arg PIP_EXTRA_INDEX_URL=ADDRESS.
ARG PIP_EXTRA_INDEX_URL=
RUN pip install -c constraints.txt '.[serve]' \
    && rm -rf /build/*

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin nerlink
USER 10001
WORKDIR /tmp
ENV HOME=/tmp HF_HOME=/tmp/huggingface
EXPOSE 8000
HEALTHCHECK --start-period=60s --interval=10s --timeout=5s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/ready')"]
# Exec form: SIGTERM of `docker stop` reaches the server itself, which drains within --timeout.
STOPSIGNAL SIGTERM
ENTRYPOINT ["nerlink", "serve"]
CMD ["/model", "--host", "0.0.0.0"]
