"""The product's settings, and the fault points that a test names: no others name any."""

from config.env import env
from config.settings import *  # noqa: F403

FAULTPOINT = env.str("FAULTPOINT", default="")
