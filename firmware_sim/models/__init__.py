"""The kinds of device the fleet is made of."""

from __future__ import annotations

from firmware_sim.models.air import AirQuality
from firmware_sim.models.base import Metric, Model, Value, Values
from firmware_sim.models.freezer import Freezer
from firmware_sim.models.motor import Motor
from firmware_sim.models.power import PowerMeter
from firmware_sim.models.tank import Tank
from firmware_sim.models.weather import WeatherStation

MODELS: tuple[type[Model], ...] = (WeatherStation, Freezer, Motor, PowerMeter, AirQuality, Tank)

__all__ = ["MODELS", "Metric", "Model", "Value", "Values"]
