"""nginx configuration in many files, and what no single file shows."""

from pathlib import Path

from crossgate.peers import read_file, read_text
from crossgate.peers.nginx import MOST_PLACES

MAIN = """
events {}
http {
    include mime.types;
    include /etc/nginx/conf.d/*.conf;
}
"""
SITE = """
server {
    server_name api.example.com;
    location /v1/ {
        include snippets/cors.conf;
        proxy_pass http://127.0.0.1:8000;
    }
}
"""
MAP = 'map $http_origin $cors { "https://app.example.com" $http_origin; }\n'
SNIPPET = "add_header Access-Control-Allow-Origin $cors always;\n"


def write(folder: Path) -> Path:
    """A configuration as packages of nginx lay it out; the path of its main file."""
    for name, text in {
        "nginx.conf": MAIN,
        "conf.d/00_map.conf": MAP,
        "conf.d/api.conf": SITE,
        "snippets/cors.conf": SNIPPET,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder / "nginx.conf"


def test_includes_are_read_beside_the_document(tmp_path: Path) -> None:
    """Also those that name the place where a package would put them; each word keeps the file it is in."""
    document = read_file(write(tmp_path))
    assert document.unreadable == ()
    (subject,) = document.subjects
    assert subject.place.file == str(tmp_path / "snippets/cors.conf")
    assert [origin.text for origin in subject.origins] == ["https://app.example.com"]
    assert subject.origins[0].place.file == str(tmp_path / "conf.d/00_map.conf")


def test_a_file_of_a_folder_finds_what_lies_above_it(tmp_path: Path) -> None:
    """Given alone it does not know the map, so who is let in is not known."""
    write(tmp_path)
    (subject,) = read_file(tmp_path / "conf.d/api.conf").subjects
    assert [(origin.kind, origin.text) for origin in subject.origins] == [("template", "$cors")]


def test_files_that_include_each_other_come_to_an_end(tmp_path: Path) -> None:
    """nginx would not start with them."""
    (tmp_path / "a.conf").write_text("include b.conf;\nadd_header Access-Control-Allow-Origin *;\n")
    (tmp_path / "b.conf").write_text("include a.conf;\ninclude *.conf;\n")
    assert len(read_file(tmp_path / "a.conf").subjects) == 1


def test_a_mistake_in_an_included_file_is_reported_there(tmp_path: Path) -> None:
    """The rest is read."""
    (tmp_path / "a.conf").write_text("include b.conf;\nadd_header Access-Control-Allow-Origin *;\n")
    (tmp_path / "b.conf").write_text("location / {\n")
    document = read_file(tmp_path / "a.conf")
    assert len(document.subjects) == 1
    assert [each.place.file for each in document.unreadable] == [str(tmp_path / "b.conf")]


def test_the_rest_of_too_many_places_is_reported() -> None:
    """The first are read all the same, and alike ones are one subject."""
    locations = "".join(f"location /{number} {{}}\n" for number in range(MOST_PLACES + 5))
    text = f"server {{\nadd_header Access-Control-Allow-Origin *;\n{locations}}}\n"
    document = read_text(text, "f", "nginx")
    assert len(document.subjects) == 1
    assert f"first {MOST_PLACES}" in document.unreadable[0].message


def test_the_rest_of_too_many_origins_is_reported() -> None:
    """A map with more origins than anybody lists by hand."""
    origins = "".join(f"https://a{number}.example $http_origin;\n" for number in range(2005))
    text = f"map $http_origin $cors {{\n{origins}}}\nadd_header Access-Control-Allow-Origin $cors;\n"
    document = read_text(text, "f", "nginx")
    assert len(document.subjects[0].origins) == 2000
    assert "origins" in document.unreadable[0].message


def test_a_pattern_that_never_ends_is_given_up() -> None:
    """Fifty origins against a pattern that backtracks for ages, in the time of a test."""
    origins = "".join(f"https://{'a' * 40}{number}.example 1;\n" for number in range(50))
    text = (
        f"map $http_origin $known {{\n{origins}}}\n"
        'if ($http_origin ~ "^https://(a+)+$") { set $slow 1; }\n'
        "if ($known) { set $slow 1; }\n"
        "if ($slow) { add_header Access-Control-Allow-Origin $http_origin; }\n"
    )
    assert len(read_text(text, "f", "nginx").subjects[0].origins) == 51
