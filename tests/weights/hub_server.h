// A hub in a thread, on a free port of 127.0.0.1: the two addresses that strop asks of one, and ways to misbehave.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace strop {

class HubServer {
 public:
  HubServer();
  ~HubServer();
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  // What it serves and how; changed between calls only, while no request is under way.
  std::map<std::string, std::map<std::string, std::string>> models;  // name -> path -> content
  std::string token;                                                 // the bearer without which it answers 401
  bool moved = false;                                                // files answer with a relative redirect first
  std::string lie;                                                   // served in place of each large file's last bytes
  std::deque<std::size_t> cuts;  // the next downloads of large files break off after so many bytes
  std::string page;              // where not empty, the answer to everything
  bool keeps_ranges = true;      // false: sends everything again

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  static std::string commit_of(const std::string& model);
  // "GET /path", followed by " bytes=5-" and " token" where those were sent; cleared by the call.
  std::vector<std::string> take_requests();

 private:
  struct Request {
    std::string method, path, range, bearer;
  };
  struct Reply {
    int status = 200;
    std::string headers, body;
    std::size_t cut = ~std::size_t{0};
  };
  void serve();
  void answer(int connection);
  Reply reply_to(const Request& request);
  Reply list(const std::string& rest) const;
  Reply resolve(const Request& request, const std::string& path) const;
  Reply large_file(const Request& request, const std::string& etag);

  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace strop
