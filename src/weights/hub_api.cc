#include "weights/hub_api.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "weights/hub_cache.h"
#include "weights/hub_name.h"

namespace strop {
namespace {

bool is_hex(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string header(const HttpReply& reply, const std::string& name) {
  const auto found = reply.headers.find(name);
  return found == reply.headers.end() ? "" : found->second;
}

// W/"abc" and "abc" -> abc.
std::string plain_etag(std::string text) {
  if (starts_with(text, "W/")) text.erase(0, 2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

std::int64_t number(const std::string& text) {
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

}  // namespace

bool HubFile::has_sha256() const { return is_hex(etag, 64); }
bool HubFile::has_git_id() const { return is_hex(etag, 40); }

HubApi::HubApi(std::string model, std::string revision)
    : model_(std::move(model)),
      revision_(std::move(revision)),
      endpoint_(environment("HF_ENDPOINT")),
      token_(trim(environment("HF_TOKEN"))) {
  if (endpoint_.empty()) endpoint_ = "https://huggingface.co";
  while (ends_with(endpoint_, "/")) endpoint_.pop_back();
  if (!starts_with(endpoint_, "https://") && !starts_with(endpoint_, "http://")) {
    fail(ErrorKind::usage, "HF_ENDPOINT: '{}' is no address; expected one such as https://huggingface.co", endpoint_);
  }
}

void HubApi::check(const HttpReply& reply, const std::string& what) const {
  const std::string name = what.empty() ? model_ : model_ + "/" + what;
  if (reply.status >= 200 && reply.status < 300 && reply.problem.empty()) return;
  if (reply.status == 0 || (reply.status < 400 && !reply.problem.empty())) {
    fail(ErrorKind::model,
         "{}: {} did not answer ({}); check the network, set HF_ENDPOINT to a mirror that you reach{}, or give a local "
         "model folder",
         name, endpoint_, reply.problem,
         reply.problem.find("certificate") == std::string::npos
             ? ""
             : ", SSL_CERT_FILE to the certificate of your proxy or mirror");
  }
  const std::string code = header(reply, "x-error-code");
  if (reply.status == 404 && (code == "RevisionNotFound" || (code.empty() && revision_ != "main" && what.empty()))) {
    fail(ErrorKind::model, "{}: {} has no revision '{}' of it, or no such model; expected a branch, tag or commit",
         name, endpoint_, revision_);
  }
  if (reply.status == 404) {
    fail(ErrorKind::model, "{}: no such file or folder here, and no such {} at {}; check the spelling", name,
         what.empty() ? "model" : "file", endpoint_);
  }
  if (reply.status == 401 || reply.status == 403) {
    fail(ErrorKind::model,
         "{}: {} refuses it (HTTP {}{}): the model does not exist, is private or asks for consent; {}", name, endpoint_,
         reply.status, code.empty() ? "" : ", " + code,
         token_.empty()
             ? "set HF_TOKEN to a token that may read it"
             : "the token in HF_TOKEN may not read it: accept the model's terms on its page or use another token");
  }
  fail(ErrorKind::model, "{}: {} answered HTTP {}{}; try again later", name, endpoint_, reply.status,
       reply.problem.empty() ? "" : " (" + reply.problem + ")");
}

HubListing HubApi::list() const {
  const auto reply =
      http_get({endpoint_ + "/api/models/" + url_encode(model_) + "/revision/" + url_encode(revision_, true), token_});
  check(reply, "");
  const auto json = nlohmann::json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  const auto text = [](const nlohmann::json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  };
  HubListing listing{text(json, "sha"), {}};
  if (!is_hex(listing.commit, 40) || !json.contains("siblings") || !json["siblings"].is_array()) {
    fail(ErrorKind::model, "{}: {} answered '{}', expected a JSON object with sha and siblings; is HF_ENDPOINT a hub?",
         model_, endpoint_, excerpt(reply.body));
  }
  for (const auto& sibling : json["siblings"]) {
    if (auto path = text(sibling, "rfilename"); is_safe_relative_path(path)) listing.files.push_back(std::move(path));
  }
  return listing;
}

HttpRequest HubApi::download(const std::string& commit, const std::string& path) const {
  return {endpoint_ + "/" + url_encode(model_) + "/resolve/" + commit + "/" + url_encode(path), token_};
}

HubFile HubApi::look(const std::string& commit, const std::string& path) const {
  HttpRequest request = download(commit, path);
  HubFile file{path, "", -1};
  for (int hop = 0;; ++hop) {
    const auto reply = http_head(request);
    const auto location = header(reply, "location");
    if (const auto linked = header(reply, "x-linked-etag"); !linked.empty()) {
      file.etag = plain_etag(linked);
      file.bytes = number(header(reply, "x-linked-size"));
    } else if (reply.status >= 300 && reply.status < 400 && !location.empty() && hop < 8) {
      if (url_origin(location) != url_origin(request.url)) request.token.clear();
      request.url = location;
      continue;
    } else {
      check(reply, path);
      file.etag = plain_etag(header(reply, "etag"));
      file.bytes = number(header(reply, "content-length"));
    }
    break;
  }
  // It names a file in the cache.
  if (!is_hub_name(file.etag) || file.etag.find('/') != std::string::npos) {
    fail(ErrorKind::model, "{}/{}: the hub gives '{}' as its etag, expected a checksum; is HF_ENDPOINT a hub?", model_,
         path, excerpt(file.etag));
  }
  return file;
}

}  // namespace strop
