#include "weights/http.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/text.h"
#include "weights/hub_cache.h"

namespace strop {
namespace {

constexpr std::size_t kLargestText = 64 << 20;

// One transfer: the curl handle and where its pieces go.
class Transfer {
 public:
  explicit Transfer(const HttpRequest& request) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK || !curl_) fail(ErrorKind::internal, "libcurl does not start");
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_USERAGENT, "strop");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, 20L);
    // A stalled connection: under 100 bytes a second for 30 seconds.
    set(CURLOPT_LOW_SPEED_LIMIT, 100L);
    set(CURLOPT_LOW_SPEED_TIME, 30L);
    set(CURLOPT_MAXREDIRS, 8L);
    set(CURLOPT_ERRORBUFFER, problem_.data());
    allow_protocols(starts_with(request.url, "https:"));
    trust_own_certificates();
    if (!request.token.empty()) {
      // Unlike a header of our own making, curl drops this one where a redirect leads to another host.
      set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      set(CURLOPT_XOAUTH2_BEARER, request.token.c_str());
    }
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::may_go_on);
  }
  virtual ~Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }

  HttpReply run() {
    const CURLcode code = curl_easy_perform(curl_.get());
    throw_if_interrupted();
    reply_.status = status();
    if (code != CURLE_OK) reply_.problem = problem_[0] != '\0' ? problem_.data() : curl_easy_strerror(code);
    if (char* location = nullptr;
        curl_easy_getinfo(curl_.get(), CURLINFO_REDIRECT_URL, &location) == CURLE_OK && location) {
      reply_.headers["location"] = location;
    }
    return std::move(reply_);
  }

 protected:
  long status() const {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }
  // False ends the transfer.
  virtual bool take(std::string_view piece) {
    reply_.body += piece;
    return reply_.body.size() <= kLargestText;
  }

 private:
  // Beside no others, as the libraries of Hugging Face do: for proxies and mirrors with a certificate of their own.
  void trust_own_certificates() {
    for (const char* name : {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
      if (const auto file = environment(name); !file.empty()) return set(CURLOPT_CAINFO, file.c_str());
    }
  }
  void allow_protocols(bool secure) {
#if LIBCURL_VERSION_NUM >= 0x075500
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
    set(CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
    set(CURLOPT_REDIR_PROTOCOLS, secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  }

  static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self) {
    const std::string_view line(data, size);
    auto& headers = static_cast<Transfer*>(self)->reply_.headers;
    if (starts_with(line, "HTTP/")) headers.clear();  // the reply after a redirect
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      headers[lower_ascii(trim(line.substr(0, colon)))] = trim(line.substr(colon + 1));
    }
    return size;
  }
  static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take({data, size}) ? size : 0;
  }
  static int may_go_on(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return interrupted() ? 1 : 0; }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_{curl_easy_init(), &curl_easy_cleanup};
  std::array<char, CURL_ERROR_SIZE> problem_{};
  HttpReply reply_;
};

class FileTransfer : public Transfer {
 public:
  FileTransfer(const HttpRequest& request, const std::filesystem::path& file,
               const std::function<void(std::uint64_t)>& progress)
      : Transfer(request), file_(file), progress_(progress) {
    descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail_write(errno);
    have_ = static_cast<std::uint64_t>(::lseek(descriptor_, 0, SEEK_END));
    if (have_ > 0) set(CURLOPT_RANGE, fmt::format("{}-", have_).c_str());
    set(CURLOPT_FOLLOWLOCATION, 1L);
  }
  ~FileTransfer() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  HttpReply run_to_disk() {
    auto reply = run();
    if (write_error_ == 0 && ::fsync(descriptor_) != 0) write_error_ = errno;
    if (write_error_ != 0) fail_write(write_error_);
    return reply;
  }

 protected:
  bool take(std::string_view piece) override {
    if (!started_) {
      started_ = true;
      body_is_file_ = status() == 200 || status() == 206;
      if (status() == 200 && have_ > 0) {
        if (::ftruncate(descriptor_, 0) != 0) return stop(errno);
        have_ = 0;
      }
    }
    if (!body_is_file_) return true;  // an error page
    while (!piece.empty()) {
      const auto written = ::write(descriptor_, piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return stop(errno);
      piece.remove_prefix(static_cast<std::size_t>(written));
      have_ += static_cast<std::uint64_t>(written);
    }
    progress_(have_);
    return true;
  }

 private:
  bool stop(int error) {
    write_error_ = error;
    return false;
  }
  [[noreturn]] void fail_write(int error) {
    fail(ErrorKind::usage, "{}: cannot be written: {}; make room or set HF_HOME to another disk", file_.string(),
         std::strerror(error));
  }

  const std::filesystem::path file_;
  const std::function<void(std::uint64_t)>& progress_;
  int descriptor_ = -1;
  int write_error_ = 0;
  std::uint64_t have_ = 0;
  bool started_ = false, body_is_file_ = false;
};

}  // namespace

HttpReply http_get(const HttpRequest& request) {
  Transfer transfer(request);
  transfer.set(CURLOPT_FOLLOWLOCATION, 1L);
  return transfer.run();
}

HttpReply http_head(const HttpRequest& request) {
  Transfer transfer(request);
  transfer.set(CURLOPT_NOBODY, 1L);
  return transfer.run();
}

HttpReply http_download(const HttpRequest& request, const std::filesystem::path& file,
                        const std::function<void(std::uint64_t)>& progress) {
  return FileTransfer(request, file, progress).run_to_disk();
}

std::string url_origin(const std::string& url) {
  const auto host = url.find("://");
  if (host == std::string::npos) return "";
  return lower_ascii(url.substr(0, url.find_first_of("/?#", host + 3)));
}

}  // namespace strop
