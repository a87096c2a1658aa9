"""Make the loaded database that every variant is cloned from."""

from harness.cluster import Cluster, connect
from harness.files import sql

TEMPLATE = "loaded"


def make_template(made: Cluster, rows: int) -> None:
    """Make the template: the table with *rows* sound rows, vacuumed."""
    with connect(made) as session:
        session.execute("create database loaded")
    with connect(made, TEMPLATE) as session:
        session.execute(sql("table").encode())
        session.execute(sql("load"), {"rows": rows})
        session.execute("vacuum (freeze, analyze) booking")
        session.execute("checkpoint")
