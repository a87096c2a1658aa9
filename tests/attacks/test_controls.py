"""What must pass: legal writes, in every way that an attack uses too, and with attackers about."""

from tests.attacks.hotel import Attacked


def test_the_hotel_is_found_sound(attacked: Attacked) -> None:
    assert attacked.findings() != []
    assert attacked.found() == set()
