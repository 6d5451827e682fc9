#include "hub_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/files.h"
#include "core/git_blob_id.h"
#include "core/text.h"

namespace strop {
namespace {

bool is_large(const std::string& path) { return ends_with(path, ".safetensors"); }

std::string field(const std::string& head, const std::string& name) {
  for (const auto& line : split(head, '\n')) {
    if (starts_with(lower_ascii(line), name + ":")) return std::string(trim(line.substr(name.size() + 1)));
  }
  return "";
}

}  // namespace

HubServer::HubServer() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, plain, &size) != 0) {
    throw std::runtime_error("no port on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HubServer::~HubServer() {
  ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  thread_.join();
  ::close(listener_);
}

std::string HubServer::commit_of(const std::string& model) { return sha256(model).substr(0, 40); }

std::vector<std::string> HubServer::take_requests() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

void HubServer::serve() {
  for (int connection; (connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    answer(connection);
    ::close(connection);
  }
}

void HubServer::answer(int connection) {
  std::string head;
  char chunk[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const auto got = ::recv(connection, chunk, sizeof(chunk), 0);
    if (got <= 0) return;
    head.append(chunk, static_cast<std::size_t>(got));
  }
  const auto words = split(split(head, '\r')[0], ' ');
  const Request request{words.at(0), words.at(1), field(head, "range"), field(head, "authorization")};
  Reply reply;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request.method + " " + request.path + (request.range.empty() ? "" : " " + request.range) +
                        (request.bearer.empty() ? "" : " token"));
    reply = page.empty() ? reply_to(request) : Reply{200, "", page};
  }
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\nConnection: close\r\n" + reply.headers +
                    "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n";
  if (request.method == "GET") out += reply.body.substr(0, reply.cut);
  for (std::size_t sent = 0; sent < out.size();) {
    const auto step = ::send(connection, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
    if (step <= 0) return;
    sent += static_cast<std::size_t>(step);
  }
}

HubServer::Reply HubServer::reply_to(const Request& request) {
  if (starts_with(request.path, "/cdn/")) return large_file(request, request.path.substr(5));
  if (!token.empty() && request.bearer != "Bearer " + token) return {401, "X-Error-Code: RepoNotFound\r\n", "no"};
  if (starts_with(request.path, "/api/models/")) return list(request.path.substr(12));
  if (starts_with(request.path, "/moved/")) return resolve(request, request.path.substr(6));
  if (moved) return {307, "Location: /moved" + request.path + "\r\n", ""};
  return resolve(request, request.path);
}

HubServer::Reply HubServer::list(const std::string& rest) const {
  const auto at = rest.find("/revision/");
  const std::string model = rest.substr(0, at), revision = rest.substr(at + 10);
  if (!models.contains(model)) return {404, "X-Error-Code: RepoNotFound\r\n", "no"};
  if (revision != "main" && revision != commit_of(model)) return {404, "X-Error-Code: RevisionNotFound\r\n", "no"};
  auto siblings = nlohmann::json::array();
  for (const auto& [path, content] : models.at(model)) siblings.push_back({{"rfilename", path}});
  return {200, "", nlohmann::json{{"id", model}, {"sha", commit_of(model)}, {"siblings", siblings}}.dump()};
}

HubServer::Reply HubServer::resolve(const Request& request, const std::string& path) const {
  const auto at = path.find("/resolve/");
  const auto file_at = path.find('/', at + 9);  // behind the revision
  if (at == std::string::npos || file_at == std::string::npos) return {404, "", "no"};
  const auto model = models.find(path.substr(1, at - 1));
  const std::string file = path.substr(file_at + 1);
  if (model == models.end() || !model->second.contains(file)) return {404, "X-Error-Code: EntryNotFound\r\n", "no"};
  const auto& content = model->second.at(file);
  const std::string commit = "X-Repo-Commit: " + commit_of(model->first) + "\r\n";
  if (!is_large(file)) return {200, commit + "ETag: \"" + git_blob_id(content) + "\"\r\n", content};
  // Another host than 127.0.0.1, as the real hub's store is.
  return {302,
          commit + "X-Linked-ETag: \"" + sha256(content) + "\"\r\nX-Linked-Size: " + std::to_string(content.size()) +
              "\r\nETag: \"of-the-pointer\"\r\nLocation: http://localhost:" + std::to_string(port_) + "/cdn/" +
              sha256(content) + "\r\n",
          "moved" + std::string(request.method == "GET" ? "!" : "")};
}

HubServer::Reply HubServer::large_file(const Request& request, const std::string& etag) {
  for (const auto& [name, files] : models) {
    for (const auto& [path, content] : files) {
      if (sha256(content) != etag) continue;
      Reply reply{200, "", content.substr(0, content.size() - lie.size()) + lie};
      if (keeps_ranges && starts_with(request.range, "bytes=")) {
        const auto from = std::stoul(request.range.substr(6));
        if (from >= content.size()) return {416, "", "no"};
        reply.status = 206;
        reply.body.erase(0, from);
      }
      if (!cuts.empty()) {
        reply.cut = cuts.front();
        cuts.pop_front();
      }
      return reply;
    }
  }
  return {404, "", "no"};
}

}  // namespace strop
