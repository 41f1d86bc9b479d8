"""How German pages write dates (DIN 5008). No line parts the day from its month and year, or the time from its zone."""

DATE_FORMAT = "j.\u00a0N\u00a0Y"
DATETIME_FORMAT = "j.\u00a0N\u00a0Y, H:i\u00a0e"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j.\u00a0N"
YEAR_MONTH_FORMAT = "F Y"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
