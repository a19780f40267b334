#!/bin/sh
# Writes our two accounts into Mosquitto's password file from the environment, before the broker
# starts. Accounts that were added by hand stay.
set -eu
file=$1/passwords
umask 077
[ -e "$file" ] || : > "$file"
mosquitto_passwd -b "$file" bridge "$MQTT_BRIDGE_PASSWORD"
mosquitto_passwd -b "$file" devices "$MQTT_DEVICES_PASSWORD"
# The broker gives up root for the image's user 1883 before it reads the file.
if [ "$(id -u)" = 0 ]; then
    chown 1883:1883 "$1" "$file"
fi
