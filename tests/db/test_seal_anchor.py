"""Roots kept elsewhere: a history that was rebuilt whole, shortened, or of another database."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from tests.conftest import Build
from tests.db import sealing_parcels as parcels

from pginterlock import chain, sealed, signing
from pginterlock.commands import interlock
from pginterlock.errors import InterlockError, UsageError
from pginterlock.verify import Kept

Connect = Callable[..., psycopg.Connection]


@pytest.fixture
def db(make_database: Callable[[str, Build], str], connect: Connect) -> psycopg.Connection:
    """Nine parcels, sealed."""
    session = connect(make_database("parcels", parcels.build), autocommit=True)
    parcels.send(session, 1, 9)
    parcels.seal(session)
    return session


def kept(session: psycopg.Connection, *, key: bytes | None = None) -> str:
    """Return the line that is kept elsewhere of the chain as it is."""
    last = sealed.last_seal(session)
    assert last is not None
    line = chain.anchor(last, "a database")
    return (signing.sign(line, key) if key is not None else line).line()


def rebuild(session: psycopg.Connection, forgery: str) -> None:
    """Rewrite the history as a superuser, and seal it anew, with the same chain id."""
    chain_id = sealed.seals(session)[0].chain_id
    session.execute("set session_replication_role = replica")
    for table in ("parcel_audit", "seal", "seal_tree", "seal_chunk"):
        session.execute(f"alter table interlock.{table} disable trigger user".encode())
    session.execute(forgery.encode())
    for table in ("seal", "seal_tree", "seal_chunk"):
        session.execute(f"delete from interlock.{table}".encode())
    parcels.seal(session)
    [made] = sealed.seals(session)
    made = chain.Seal(
        **{
            **{name: getattr(made, name) for name in chain.Seal.__slots__},
            "chain_id": chain_id,
            "previous": chain.first_link(chain_id),
        }
    )
    root = chain.root_of(made, sealed.trees(session))
    session.execute(
        "update interlock.seal set chain_id = %s, previous = %s, root = %s",
        [chain_id, made.previous, root],
    )


def pair() -> tuple[bytes, bytes]:
    """Return a private and a public key."""
    key = ed25519.Ed25519PrivateKey.generate()
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, form, plain), key.public_key().public_bytes(
        pem, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_a_chain_that_goes_on_keeps_its_roots(db: psycopg.Connection) -> None:
    first = kept(db)
    parcels.send(db, 10, 12)
    parcels.seal(db)

    assert parcels.found(db, Kept((first, "", kept(db)))) == []


def test_a_history_rebuilt_whole_is_found_by_the_root_alone(db: psycopg.Connection) -> None:
    line = kept(db)
    rebuild(db, "update interlock.parcel_audit set actor = 'x' where id = 5")

    assert parcels.found(db) == []
    assert parcels.codes(db, Kept((line,))) == {"anchor-differs"}


def test_a_chain_that_was_shortened_is_found(db: psycopg.Connection) -> None:
    parcels.send(db, 10, 12)
    parcels.seal(db)
    line = kept(db)
    for table in ("seal", "seal_tree", "seal_chunk"):
        parcels.unguarded(db, table, f"delete from interlock.{table} where number = 2")
    parcels.unguarded(db, "parcel_audit", "delete from interlock.parcel_audit where id > 27")

    assert parcels.found(db) == []
    assert parcels.codes(db, Kept((line,))) == {"anchor-shortened"}


def test_no_seal_at_all_is_found(db: psycopg.Connection) -> None:
    line = kept(db)
    for table in ("seal", "seal_tree", "seal_chunk"):
        parcels.unguarded(db, table, f"delete from interlock.{table}")

    assert parcels.codes(db, Kept((line,))) == {"anchor-shortened"}
    assert any("nothing is sealed" in it for it in parcels.report(db).notes)


def test_the_file_of_another_database_is_told(
    db: psycopg.Connection, make_database: Callable[[str, Build], str], connect: Connect
) -> None:
    other = connect(make_database("parcels", parcels.build), autocommit=True)
    parcels.send(other, 1, 1)
    parcels.seal(other)

    assert parcels.codes(db, Kept((kept(other),))) == {"anchor-foreign"}


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line[:0],
        lambda line: f"# {line}",
        lambda line: line[:-1],
        lambda line: line + " more",
        lambda line: line.replace("interlock-seal-1", "interlock-seal-2"),
        lambda line: line.replace(" 1 28 ", " 1 29 "),
    ],
    ids=["nothing", "a comment", "cut", "longer", "another version", "another count"],
)
def test_a_broken_line_is_a_finding(db: psycopg.Connection, change: Callable[[str], str]) -> None:
    assert parcels.codes(db, Kept((change(kept(db)),))) == {"anchor-broken"}


def test_a_signature_is_checked(db: psycopg.Connection) -> None:
    private, public = pair()
    line = kept(db, key=private)
    words = line.split(" ")
    forged = [*words[:-1], words[-1][:-4] + ("0000" if words[-1][-4:] != "0000" else "1111")]

    assert parcels.found(db, Kept((line,), public)) == []
    assert parcels.found(db, Kept((line,))) == []
    assert parcels.codes(db, Kept((line,), pair()[1])) == {"anchor-signature"}
    assert parcels.codes(db, Kept((kept(db),), public)) == {"anchor-signature"}
    assert parcels.codes(db, Kept((" ".join(forged),), public)) == {"anchor-signature"}


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PRIVATE KEY-----\nMC4CAQ\n", pair()[1]])
def test_a_file_that_is_no_key_gets_one_message(db: psycopg.Connection, text: bytes) -> None:
    with pytest.raises(UsageError, match="private key cannot be read") as error:
        kept(db, key=text)
    assert text.decode()[30:36] not in error.value.message or not text


def test_a_key_of_another_kind_gets_one_message(db: psycopg.Connection) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    with pytest.raises(UsageError, match="not ed25519"):
        kept(db, key=other)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(interlock, arguments)


def test_the_command_line_exports_and_verifies(db: psycopg.Connection, tmp_path: Path) -> None:
    private, public = pair()
    (tmp_path / "seal.key").write_bytes(private)
    (tmp_path / "seal.pub").write_bytes(public)
    (tmp_path / "parcels.yaml").write_text(parcels.SPEC, encoding="utf-8")
    roots = str(tmp_path / "roots.txt")
    dsn = ("--dsn", db.info.dsn)
    export = ("seal", *dsn, "--export", roots, "--key", str(tmp_path / "seal.key"))
    first, again = run(*export), run(*export)
    looking = ("verify", *dsn, "--spec", str(tmp_path / "parcels.yaml"), "--no-probes", "--seal")
    against = ("--against", roots, "--public-key", str(tmp_path / "seal.pub"))
    good = run(*looking, *against)
    parcels.unguarded(
        db, "parcel_audit", "update interlock.parcel_audit set actor = 'x' where id = 5"
    )
    bad = run(*looking, *against)

    assert (first.exit_code, again.exit_code, good.exit_code, bad.exit_code) == (0, 0, 0, 1)
    assert len(Path(roots).read_text().splitlines()) == 1
    assert private.decode().splitlines()[1] not in first.output + Path(roots).read_text()
    assert "[seal-changed]" in bad.output
    assert "seal=1, entry=5" in bad.output.replace("entry=5, seal=1", "seal=1, entry=5")


def test_the_line_alone_goes_to_stdout(db: psycopg.Connection) -> None:
    result = run("seal", "--dsn", db.info.dsn, "--export", "-")

    assert result.stdout == kept(db).replace("a%20database", db.info.dbname) + "\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("seal", "--key", __file__), "--key signs"),
        (("verify", "--against", __file__), "--against is for --seal"),
        (("verify", "--seal", "--public-key", __file__), "--public-key for --against"),
    ],
)
def test_options_that_make_no_sense_alone_say_so(
    db: psycopg.Connection, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "parcels.yaml").write_text(parcels.SPEC, encoding="utf-8")
    spec = ("--spec", str(tmp_path / "parcels.yaml")) if arguments[0] == "verify" else ()

    result = run(*arguments, *spec, "--dsn", db.info.dsn)

    assert isinstance(result.exception, InterlockError)
    assert told in result.exception.message


def test_nothing_sealed_is_nothing_to_export(empty: str, connect: Connect) -> None:
    parcels.build(connect(empty, autocommit=True))

    result = run("seal", "--dsn", empty, "--export", "-")

    assert isinstance(result.exception, UsageError)
    assert "nothing is sealed yet" in result.exception.message
