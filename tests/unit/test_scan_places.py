"""Where a file stands: a service, a test, a migration; and under which module it is counted."""

import pytest

from pginterlock.scan.places import Role, module_of, role, service_of


@pytest.mark.parametrize(
    ("file", "service", "is_one"),
    [
        ("hotel/services/cancel.py", "hotel/services/", True),
        ("src/hotel/services/deep/cancel.py", "hotel/services/", True),
        ("src/hotel/services/cancel.py", "services/", True),
        ("hotel/myservices/cancel.py", "services/", False),
        ("hotel/services.py", "hotel/services/", False),
        ("hotel/services.py", "hotel.services", True),
        ("hotel/services/cancel.py", "hotel.services", True),
        ("hotel/services_old.py", "hotel.services", False),
        ("hotel/checkout.py", "hotel/checkout.py", True),
        ("hotel/checkout.pyi", "hotel/checkout.py", False),
        ("hotel/xcheckout.py", "checkout.py", False),
        ("hotel/a_service.py", "hotel/*_service.py", True),
        ("hotel/b/a_service.py", "hotel/*_service.py", False),
        ("hotel/b/c/a_service.py", "hotel/**/*_service.py", True),
        ("hotel/a_service.py", "hotel/**/*_service.py", True),
        ("hotel/job.sql", "hotel/job", True),
        ("hotel/x.py", "./hotel/", True),
        ("hotel/(x).py", "hotel/(x).py", True),
    ],
)
def test_a_service_is_a_path_from_any_folder_on(file: str, service: str, is_one: bool) -> None:
    assert (service_of(file, [service]) == service) is is_one


def test_folders_of_services_are_modules_and_else_the_file_is() -> None:
    services = ["hotel/services/", "hotel/checkout.py"]

    assert module_of("src/hotel/services/cancel.py", services) == "hotel/services/"
    assert module_of("src/hotel/checkout.py", services) == "src/hotel/checkout.py"
    assert module_of("src/hotel/views.py", services) == "src/hotel/views.py"


@pytest.mark.parametrize(
    ("file", "roots", "expected"),
    [
        ("src/hotel/views.py", ["src"], Role.PRODUCTION),
        ("src/tests/views.py", ["src"], Role.TEST),
        ("src/hotel/test_views.py", ["src"], Role.TEST),
        ("src/hotel/views_test.py", ["src"], Role.TEST),
        ("src/hotel/conftest.py", ["src"], Role.TEST),
        ("src/hotel/tests.py", ["src"], Role.TEST),
        ("src/hotel/testing.py", ["src"], Role.PRODUCTION),
        ("src/hotel/migrations/0001_first.py", ["src"], Role.MIGRATION),
        ("src/alembic/versions/0001_first.py", ["src"], Role.MIGRATION),
        ("src/versions/first.py", ["src"], Role.PRODUCTION),
        ("tests/app/views.py", ["tests/app"], Role.PRODUCTION),
        ("tests/app/tests/views.py", ["tests/app"], Role.TEST),
        ("tests/app/views.py", ["tests/app/views.py"], Role.TEST),
        ("tests/app/views.py", ["tests", "tests/app"], Role.PRODUCTION),
    ],
)
def test_what_a_file_is_there_for(file: str, roots: list[str], expected: Role) -> None:
    assert role(file, roots) is expected
