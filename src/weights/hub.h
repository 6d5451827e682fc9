// A model's folder: a local path as it is, or a hub name ("sentence-transformers/all-MiniLM-L6-v2") downloaded over
// HTTPS into Hugging Face's cache layout, so that both programs share one copy.
#pragma once

#include <filesystem>
#include <string>

namespace strop {

// The local folder or file of `name`. Downloads what is missing: config, tokenizer, weights (safetensors, else
// pytorch_model.bin; sharded too). Honours HF_ENDPOINT, HF_HOME / HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE, and for
// certificates SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE. Partial downloads resume; each file is checked
// against its size and its checksum: the SHA-256 of large files, git's of small ones. Error(model): no such path and no
// such hub model, no network, a certificate that nobody vouches for, a wrong checksum.
std::filesystem::path resolve_model(const std::string& name, const std::string& revision);

}  // namespace strop
