// The questions to a hub (https://huggingface.co or $HF_ENDPOINT): what a model consists of, and what a file is.
//
// Each throws Error(model) with what to do: no network, no such model or revision, a token missing or without the
// right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weights/http.h"

namespace strop {

struct HubListing {
  std::string commit;              // 40 hexadecimal digits
  std::vector<std::string> files;  // paths inside the repository
};

struct HubFile {
  std::string path;         // inside the repository
  // The blob's name: a SHA-256 where the file is large (64 hexadecimal digits), else git's (core/git_blob_id.h).
  std::string etag;
  std::int64_t bytes = -1;  // -1: not said
  bool has_sha256() const;
  bool has_git_id() const;
};

class HubApi {
 public:
  // The endpoint and the token ($HF_TOKEN) come from the environment.
  HubApi(std::string model, std::string revision);

  HubListing list() const;
  HubFile look(const std::string& commit, const std::string& path) const;
  // Where the bytes are, redirects still to be followed.
  HttpRequest download(const std::string& commit, const std::string& path) const;

  const std::string& model() const { return model_; }
  // Throws for a reply that is no success; `what` is the file or "" for the model itself.
  void check(const HttpReply& reply, const std::string& what) const;

 private:
  std::string model_, revision_, endpoint_, token_;
};

}  // namespace strop
