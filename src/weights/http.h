// The little of HTTP that the hub needs, over libcurl: small texts, headers, and files that go on where they stopped.
//
// HTTPS certificates are checked; proxies come from the environment (HTTPS_PROXY, NO_PROXY) as in curl itself. The
// token goes to the host of the request alone, never to where it redirects. Ctrl-C ends a transfer (Error interrupted).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace strop {

struct HttpRequest {
  std::string url;
  std::string token;  // sent as a bearer where not empty
};

struct HttpReply {
  long status = 0;                             // 0: nothing came; see `problem`
  std::map<std::string, std::string> headers;  // of the last reply, names in lower case
  std::string body;
  std::string problem;  // why the transfer failed or broke off; empty where it is whole
};

// GET of a text of at most 64 MB, redirects followed.
HttpReply http_get(const HttpRequest& request);

// HEAD, redirects not followed: a redirect's own headers and its absolute "location" come back.
HttpReply http_head(const HttpRequest& request);

// GET into `file`, redirects followed. Bytes that are already there are kept and only the rest is asked for; a server
// that sends everything again is let to. Any reply but 200, 206 and 416 leaves the file as it is. `progress` hears the
// bytes in the file. Error(usage) where the file can't be written.
HttpReply http_download(const HttpRequest& request, const std::filesystem::path& file,
                        const std::function<void(std::uint64_t)>& progress);

// "https://host:port" of a URL: what decides whether a token may be sent along.
std::string url_origin(const std::string& url);

}  // namespace strop
