"""How German pages write dates (DIN 5008)."""

DATE_FORMAT = "j. M Y"
DATETIME_FORMAT = "j. M Y, H:i e"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j. M"
YEAR_MONTH_FORMAT = "F Y"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
