"""Made-up contacts for real purchasers: the same number always gives the same person.

All of it is reserved for fiction.
"""

import hashlib

FIRST = [
    "Ada", "Alan", "Alice", "Anton", "Boris", "Clara", "Daria", "Dmitri", "Elena", "Emil",
    "Fatima", "Felix", "Greta", "Hana", "Hugo", "Igor", "Ines", "Ivan", "Jonas", "Julia",
    "Kaito", "Katya", "Lena", "Leo", "Lucia", "Marco", "Maria", "Maya", "Mikhail", "Nadia",
    "Nina", "Oleg", "Olga", "Omar", "Pavel", "Petra", "Rosa", "Samir", "Sofia", "Tom", "Vera",
    "Viktor", "Yana", "Yusuf", "Zoe",
]  # fmt: skip
LAST = [
    "Abbott", "Baker", "Bauer", "Belov", "Brandt", "Carter", "Costa", "Dubois", "Evans",
    "Fischer", "Frolova", "Garcia", "Hoffmann", "Ito", "Ivanova", "Jansen", "Kaplan", "Keller",
    "Kim", "Klein", "Kovacs", "Lang", "Lopez", "Martin", "Meyer", "Morozov", "Nakamura",
    "Novak", "Orlov", "Park", "Petrova", "Popov", "Reyes", "Rossi", "Sato", "Schmidt", "Silva",
    "Smirnova", "Sokolov", "Tanaka", "Torres", "Vogel", "Volkov", "Weber", "Wolf", "Young",
]  # fmt: skip
AREAS = [
    "201", "202", "203", "206", "212", "213", "214", "215", "216", "301", "302", "303", "304",
    "305", "312", "313", "314", "315", "401", "402", "404", "405", "406", "407", "408", "410",
]  # fmt: skip
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")


def contact(number: int) -> dict[str, str]:
    """Traits of customer `number` (1-based):
    name, e-mail at example.com, a 555-01xx phone, a time zone.
    """
    draw = int(hashlib.sha256(f"contact:{number}".encode()).hexdigest()[:12], 16)
    first, last = FIRST[draw % len(FIRST)], LAST[draw // 100 % len(LAST)]
    area, line = AREAS[number // 100 % len(AREAS)], number % 100
    return {
        "firstName": first,
        "lastName": last,
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "phone": f"+1{area}55501{line:02d}",
        "timezone": ZONES[draw // 10_000 % len(ZONES)],
        "locale": "en-US",
        "country": "US",
    }
