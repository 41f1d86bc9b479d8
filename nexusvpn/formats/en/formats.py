"""How English pages write dates: the day first, the month as a word, so that nobody mistakes one for the other.

No line parts the day from its month and year, or the time from its zone.
"""

DATE_FORMAT = "j\u00a0M\u00a0Y"
DATETIME_FORMAT = "j\u00a0M\u00a0Y, H:i\u00a0e"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j\u00a0M"
YEAR_MONTH_FORMAT = "F Y"
SHORT_DATE_FORMAT = "j\u00a0M\u00a0Y"
SHORT_DATETIME_FORMAT = "j\u00a0M\u00a0Y, H:i"
