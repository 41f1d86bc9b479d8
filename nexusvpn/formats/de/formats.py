"""How German pages write dates (DIN 5008)."""

DATE_FORMAT = "j. N Y"
DATETIME_FORMAT = "j. N Y, H:i e"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j. N"
YEAR_MONTH_FORMAT = "F Y"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y, H:i"
