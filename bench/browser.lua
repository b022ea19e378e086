-- The header fields a browser sends; METHOD and HOST come from the environment.
wrk.method = os.getenv("METHOD")
wrk.headers["Host"] = os.getenv("HOST")
wrk.headers["Origin"] = "https://app.example"
wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
wrk.headers["Accept"] = "*/*"
wrk.headers["Accept-Language"] = "en-US,en;q=0.5"
wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
wrk.headers["Referer"] = "https://app.example/"
wrk.headers["Sec-Fetch-Dest"] = "empty"
wrk.headers["Sec-Fetch-Mode"] = "cors"
wrk.headers["Sec-Fetch-Site"] = "cross-site"
if wrk.method == "OPTIONS" then
    wrk.headers["Access-Control-Request-Method"] = "PUT"
    wrk.headers["Access-Control-Request-Headers"] = "content-type,x-req-id"
end
