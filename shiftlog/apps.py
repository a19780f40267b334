from django.apps import AppConfig


class ShiftlogConfig(AppConfig):
    name = "shiftlog"
