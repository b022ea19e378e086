"""The sample backend, run as `python -m demo.backend`: it knows nothing of the gateway in front of it."""

from http.server import BaseHTTPRequestHandler

from demo.serving import serve

JSON = ("Content-Type", "application/json")
TEXT = ("Content-Type", "text/plain")
# A cookie that expired long ago: the browser forgets the one it had.
LAST_COOKIE = ("Set-Cookie", "pageAccess=3; expires=Wed, 31-Dec-2008 01:34:53 GMT")
FIRST_COOKIE = ("Set-Cookie", "pageAccess=2; path=/")


class Backend(BaseHTTPRequestHandler):
    """The resources that the exchanges ask for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """`/simple`, `/own-header` and `/resources/credentialed-content/`."""
        match self.path:
            case "/simple":
                self._answer('{"status":"200"}', JSON)
            case "/own-header":
                self._answer('{"status":"200"}', JSON, ("Access-Control-Allow-Origin", "http://www.cors.com"))
            case "/resources/credentialed-content/":
                self._answer_credentials()
            case _:
                self.send_error(404)

    def do_PUT(self) -> None:
        """`/simple`."""
        self._read_body()
        self._answer('{"status":"200"}', JSON)

    def do_POST(self) -> None:
        """`/doc`."""
        self._read_body()
        self._answer("[Some XML payload]", TEXT, ("Vary", "Accept-Encoding"))

    def _answer_credentials(self) -> None:
        cookie = self.headers.get("Cookie")
        text = f"The backend received the cookie {cookie}." if cookie else "The backend received no cookie."
        kept = (("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Vary", "Accept-Encoding"))
        self._answer(text, TEXT, *kept, LAST_COOKIE if cookie else FIRST_COOKIE)

    def _answer(self, body: str, *headers: tuple[str, str]) -> None:
        self.send_response_only(200)
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def _read_body(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))


if __name__ == "__main__":
    serve(Backend)
