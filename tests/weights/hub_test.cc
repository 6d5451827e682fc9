#include "weights/hub.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "core/files.h"
#include "core/git_blob_id.h"
#include "core/log.h"
#include "core/text.h"
#include "helpers.h"
#include "hub_server.h"
#include "pickle_bytes.h"
#include "weights/safetensors.h"

namespace strop {
namespace {

namespace fs = std::filesystem;
const std::string kModel = "org/tiny";

class Hub : public testing::Test {
 protected:
  Hub() {
    set_log_level(LogLevel::warning);
    for (const char* name : {"HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"}) ::unsetenv(name);
    ::setenv("HF_HOME", home_.path().c_str(), 1);
    ::setenv("HF_ENDPOINT", server_.endpoint().c_str(), 1);
    ::setenv("no_proxy", "127.0.0.1,localhost", 1);
    server_.models[kModel] = {{"config.json", "{\"a\": 1}"},  {"tokenizer.json", "{}"},
                              {"modules.json", "[]"},         {"1_Pooling/config.json", "{\"pooling\": \"mean\"}"},
                              {"README.md", "read me"},       {"pytorch_model.bin", "pickle"},
                              {"model.safetensors", weights_}};
  }

  fs::path repository() const { return home_ / "hub/models--org--tiny"; }
  fs::path snapshot() const { return repository() / "snapshots" / HubServer::commit_of(kModel); }
  fs::path partial() const { return repository() / "blobs" / (sha256(weights_) + ".incomplete"); }
  std::string error() const {
    return message_of(ErrorKind::model, [] { resolve_model(kModel, "main"); });
  }
  // The downloads of large files that the server has seen since the last call.
  std::vector<std::string> downloads() {
    auto requests = server_.take_requests();
    std::erase_if(requests, [](const std::string& line) { return line.find("/cdn/") == std::string::npos; });
    return requests;
  }

  const std::string weights_ =
      safetensors_bytes(R"({"w":{"dtype":"U8","shape":[60000],"data_offsets":[0,60000]}})", 60000);
  TempFolder home_;
  HubServer server_;
};

TEST_F(Hub, AFreshDownloadHasTheLayoutOfHuggingFace) {
  EXPECT_EQ(resolve_model(kModel, "main"), snapshot());
  EXPECT_EQ(WeightFiles(snapshot()).tensors().at("w").bytes.size(), 60000u);
  EXPECT_EQ(slurp(snapshot() / "config.json"), "{\"a\": 1}");
  EXPECT_EQ(fs::read_symlink(snapshot() / "model.safetensors"), "../../blobs/" + sha256(weights_));
  EXPECT_EQ(fs::read_symlink(snapshot() / "1_Pooling/config.json"),
            "../../../blobs/" + git_blob_id("{\"pooling\": \"mean\"}"));
  EXPECT_EQ(slurp(repository() / "refs/main"), HubServer::commit_of(kModel));
  EXPECT_FALSE(fs::exists(snapshot() / "README.md"));
  EXPECT_FALSE(fs::exists(snapshot() / "pytorch_model.bin"));
  EXPECT_EQ(names_in(repository() / "blobs").size(), 5u);
}

TEST_F(Hub, ASecondRunAsksNothing) {
  resolve_model(kModel, "main");
  EXPECT_FALSE(server_.take_requests().empty());
  EXPECT_EQ(resolve_model(kModel, "main"), snapshot());
  EXPECT_EQ(resolve_model(kModel, HubServer::commit_of(kModel)), snapshot());
  EXPECT_TRUE(server_.take_requests().empty());
}

TEST_F(Hub, HfHubCacheChoosesThePlace) {
  TempFolder cache;
  ::setenv("HF_HUB_CACHE", cache.path().c_str(), 1);
  EXPECT_EQ(resolve_model(kModel, "main"), cache.path() / "models--org--tiny/snapshots" / HubServer::commit_of(kModel));
}

TEST_F(Hub, ACutConnectionIsTakenUpAgain) {
  server_.cuts = {20000, 7};
  resolve_model(kModel, "main");
  const std::string path = "GET /cdn/" + sha256(weights_);
  EXPECT_EQ(downloads(), (std::vector<std::string>{path, path + " bytes=20000-", path + " bytes=20007-"}));
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
}

TEST_F(Hub, ABrokenDownloadGoesOnInTheNextRun) {
  server_.cuts = {20000, 0, 0, 0, 0, 0};
  const auto message = error();
  EXPECT_NE(message.find("broke off at 20000 of " + std::to_string(weights_.size()) + " bytes"), std::string::npos)
      << message;
  EXPECT_EQ(fs::file_size(partial()), 20000u);
  EXPECT_FALSE(fs::exists(repository() / "refs/main"));
  downloads();
  resolve_model(kModel, "main");
  EXPECT_EQ(downloads(), (std::vector<std::string>{"GET /cdn/" + sha256(weights_) + " bytes=20000-"}));
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
}

TEST_F(Hub, AServerWithoutRangesSendsAllAgain) {
  spill(partial(), weights_.substr(0, 1000));
  server_.keeps_ranges = false;
  resolve_model(kModel, "main");
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
}

TEST_F(Hub, APartialFileThatIsWholeIsOnlyChecked) {
  spill(partial(), weights_);
  resolve_model(kModel, "main");
  EXPECT_TRUE(downloads().empty());
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
}

TEST_F(Hub, AWrongChecksumIsRemoved) {
  server_.lie = "x";
  const auto message = error();
  EXPECT_NE(message.find("org/tiny/model.safetensors: SHA-256"), std::string::npos) << message;
  EXPECT_NE(message.find("expected " + sha256(weights_)), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(partial()));
  EXPECT_FALSE(fs::exists(snapshot() / "model.safetensors"));
  server_.lie = "";
  resolve_model(kModel, "main");
}

TEST_F(Hub, AWrongChecksumOfASmallFileIsRemoved) {
  const std::string content = "{\"a\": 1}";
  const auto came = repository() / "blobs" / (git_blob_id(content) + ".incomplete");
  spill(came, "{\"a\": 2}");
  const auto message = error();
  EXPECT_NE(message.find("org/tiny/config.json: git's SHA-1"), std::string::npos) << message;
  EXPECT_NE(message.find("expected " + git_blob_id(content)), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(came));
  resolve_model(kModel, "main");
  EXPECT_EQ(slurp(snapshot() / "config.json"), content);
}

TEST_F(Hub, AWrongSizeIsRemoved) {
  spill(partial(), weights_ + "more");
  EXPECT_NE(error().find("bytes came, expected"), std::string::npos);
  EXPECT_FALSE(fs::exists(partial()));
}

TEST_F(Hub, NoSuchModelOrRevision) {
  auto message = message_of(ErrorKind::model, [] { resolve_model("org/none", "main"); });
  EXPECT_NE(message.find("org/none: no such file or folder here, and no such model at " + server_.endpoint()),
            std::string::npos)
      << message;
  message = message_of(ErrorKind::model, [] { resolve_model(kModel, "v9"); });
  EXPECT_NE(message.find("has no revision 'v9'"), std::string::npos) << message;
}

TEST_F(Hub, ATokenIsAskedForAndStaysWithTheHub) {
  server_.token = "secret";
  auto message = error();
  EXPECT_NE(message.find("HTTP 401"), std::string::npos) << message;
  EXPECT_NE(message.find("set HF_TOKEN"), std::string::npos) << message;
  ::setenv("HF_TOKEN", "other", 1);
  message = error();
  EXPECT_NE(message.find("the token in HF_TOKEN may not read it"), std::string::npos) << message;
  EXPECT_EQ(message.find("other"), message.find("other token")) << "the token itself must not be printed: " << message;
  ::setenv("HF_TOKEN", "secret", 1);
  server_.take_requests();
  resolve_model(kModel, "main");
  for (const auto& request : server_.take_requests()) {
    EXPECT_EQ(ends_with(request, " token"), request.find("/cdn/") == std::string::npos) << request;
  }
}

TEST_F(Hub, OfflineUsesTheCacheAlone) {
  ::setenv("HF_HUB_OFFLINE", "1", 1);
  EXPECT_NE(error().find("HF_HUB_OFFLINE forbids"), std::string::npos);
  ::unsetenv("HF_HUB_OFFLINE");
  resolve_model(kModel, "main");
  server_.take_requests();
  fs::remove(snapshot() / "tokenizer.json");  // a snapshot without it would be completed online
  ::setenv("HF_HUB_OFFLINE", "TRUE", 1);
  EXPECT_EQ(resolve_model(kModel, "main"), snapshot());
  EXPECT_TRUE(server_.take_requests().empty());
}

TEST_F(Hub, AnIncompleteSnapshotIsCompleted) {
  resolve_model(kModel, "main");
  fs::remove(snapshot() / "tokenizer.json");
  resolve_model(kModel, "main");
  EXPECT_EQ(slurp(snapshot() / "tokenizer.json"), "{}");
}

TEST_F(Hub, ARelativeRedirectIsFollowed) {
  server_.moved = true;
  resolve_model(kModel, "main");
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
  EXPECT_EQ(slurp(snapshot() / "config.json"), "{\"a\": 1}");
}

TEST_F(Hub, AShardedModel) {
  auto& files = server_.models[kModel];
  files.erase("model.safetensors");
  files["model-1.safetensors"] = safetensors_bytes(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", 3);
  files["model-2.safetensors"] = safetensors_bytes(R"({"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4);
  files["model.safetensors.index.json"] = R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})";
  const auto folder = resolve_model(kModel, "main");
  EXPECT_EQ(WeightFiles(folder).tensors().at("b").bytes.size(), 4u);
  server_.take_requests();
  resolve_model(kModel, "main");
  EXPECT_TRUE(server_.take_requests().empty());
  // A shard that is gone makes the snapshot incomplete; one that the hub lacks is an error.
  fs::remove(folder / "model-2.safetensors");
  files.erase("model-2.safetensors");
  EXPECT_NE(error().find("the shard model-2.safetensors"), std::string::npos);
}

TEST_F(Hub, PickledWeightsWhereThereAreNoOthers) {
  auto& files = server_.models[kModel];
  files.erase("model.safetensors");
  files["pytorch_model.bin"] = fake_zip({});
  const auto folder = resolve_model(kModel, "main");
  EXPECT_EQ(WeightFiles(folder).tensors().at("w").bytes.size(), 24u);
  server_.take_requests();
  resolve_model(kModel, "main");
  EXPECT_TRUE(server_.take_requests().empty());
}

TEST_F(Hub, NoWeightsAtAll) {
  server_.models[kModel].erase("model.safetensors");
  server_.models[kModel].erase("pytorch_model.bin");
  EXPECT_NE(error().find("holds no weights, expected model.safetensors, "), std::string::npos) << error();
}

TEST_F(Hub, NoNetwork) {
  ::setenv("HF_ENDPOINT", "http://127.0.0.1:1", 1);
  const auto message = error();
  EXPECT_NE(message.find("http://127.0.0.1:1 did not answer"), std::string::npos) << message;
  EXPECT_NE(message.find("HF_ENDPOINT"), std::string::npos) << message;
  ::setenv("HF_ENDPOINT", "ftp://127.0.0.1", 1);
  EXPECT_NE(message_of(ErrorKind::usage, [] { resolve_model(kModel, "main"); }).find("ftp://127.0.0.1"),
            std::string::npos);
}

TEST_F(Hub, AnEndpointThatIsNoHub) {
  server_.page = "<html>log in</html>";
  EXPECT_NE(error().find("answered '<html>log in</html>', expected a JSON object"), std::string::npos);
}

TEST_F(Hub, NamesThatAreNone) {
  for (const char* name :
       {"", "/no/such/folder", "./none", "a/b/c", "org/", "a b", "org/..", "a--b", "-a", "org/a.", "ö", "models/lite0.pth",
        "model.safetensors"}) {
    const auto message = message_of(ErrorKind::model, [&] { resolve_model(name, "main"); });
    EXPECT_NE(message.find("no such file or folder, and no hub name"), std::string::npos) << message;
  }
  EXPECT_NE(message_of(ErrorKind::model, [] { resolve_model(kModel, "../x"); }).find("revision '../x'"),
            std::string::npos);
  EXPECT_TRUE(server_.take_requests().empty());
  EXPECT_EQ(resolve_model(home_.path(), "main"), home_.path());
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(Hub, TwoProcessesShareOneDownload) {
  server_.cuts = {30000};  // makes the first one wait in the middle
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    try {
      resolve_model(kModel, "main");
    } catch (const std::exception&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  for (const auto child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(downloads().size(), 2u);  // the cut one and the rest of it
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
}

// The limit on file size stands for a full disk: the same failing write.
TEST_F(Hub, AFullDiskIsSaidAndThePartStays) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{30000, 30000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      resolve_model(kModel, "main");
    } catch (const Error& error) {
      ::_exit(error.kind() == ErrorKind::usage && std::string(error.what()).find("make room") != std::string::npos ? 7
                                                                                                                   : 2);
    }
    ::_exit(3);
  }
  EXPECT_EQ(wait_for(child), 7);
  EXPECT_EQ(fs::file_size(partial()), 30000u);
  resolve_model(kModel, "main");
  EXPECT_EQ(slurp(snapshot() / "model.safetensors"), weights_);
}

}  // namespace
}  // namespace strop
