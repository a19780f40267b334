#!/bin/sh
# Writes Mosquitto's password file from the environment; run before the broker starts.
set -eu
folder=$1
umask 077
mosquitto_passwd -b -c "$folder/passwords" bridge "$MQTT_BRIDGE_PASSWORD"
mosquitto_passwd -b "$folder/passwords" devices "$MQTT_DEVICES_PASSWORD"
# The broker gives up root for the image's user 1883 before it reads the file.
if [ "$(id -u)" = 0 ]; then
    chown 1883:1883 "$folder" "$folder/passwords"
fi
