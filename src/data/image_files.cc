#include "data/image_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "core/text.h"
#include "data/tar.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kPictures = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp"};
constexpr std::array<std::string_view, 11> kForeign = {".gif",  ".tif",  ".tiff", ".ppm", ".pgm", ".pbm",
                                                       ".heic", ".heif", ".avif", ".jp2", ".svg"};

template <std::size_t N>
bool ends_with_any(std::string_view name, const std::array<std::string_view, N>& endings) {
  const std::string folded = lower_ascii(name);
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return ends_with(folded, ending); });
}

bool is_hidden(std::string_view name) { return starts_with(name, ".") || name == "__MACOSX"; }

SkippedPicture foreign(const std::string& name) {
  return {name, name + ": pictures of this format are not read; convert it to JPEG or PNG"};
}

// One folder and what is below it. Links to folders are followed; a folder that is being walked already is not.
class Walk {
 public:
  explicit Walk(Listing& listing) : listing_(listing) {}

  // Whether a picture lies below.
  bool enter(const fs::path& folder, const std::string& prefix) {
    struct stat status {};
    // "." can be looked at only where the folder may be entered, too.
    if (::stat((folder / ".").c_str(), &status) != 0) return unreadable(folder, std::generic_category().message(errno));
    const std::pair<dev_t, ino_t> identity{status.st_dev, status.st_ino};
    if (!above_.insert(identity).second) {
      listing_.loops.push_back(folder.string());
      return false;
    }
    std::error_code error;
    bool found = false;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      found = add(at->path(), prefix) || found;
    }
    if (error) found = unreadable(folder, error.message());
    if (!found && !prefix.empty()) listing_.empty_folders.push_back(prefix.substr(0, prefix.size() - 1));
    above_.erase(identity);
    return found;
  }

 private:
  bool unreadable(const fs::path& folder, const std::string& why) {
    listing_.skipped.push_back({folder.string(), folder.string() + ": can't list the folder: " + why});
    return true;  // perhaps a picture lies there
  }

  bool add(const fs::path& path, const std::string& prefix) {
    const std::string name = path.filename().string();
    if (is_hidden(name)) return false;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return enter(path, prefix + name + "/");
    if (is_foreign_picture_name(name)) {
      listing_.skipped.push_back(foreign(path.string()));
      return false;
    }
    if (!is_picture_name(name)) {
      ++listing_.others;
      return false;
    }
    listing_.pictures.push_back({prefix + name, {path.string(), {path.string(), nullptr}}});
    return true;
  }

  Listing& listing_;
  std::set<std::pair<dev_t, ino_t>> above_;
};

void sort_by_path(Listing& listing) {
  const auto by_path = [](const ListedPicture& a, const ListedPicture& b) { return a.path < b.path; };
  std::sort(listing.pictures.begin(), listing.pictures.end(), by_path);
  std::sort(listing.empty_folders.begin(), listing.empty_folders.end());
  std::sort(listing.loops.begin(), listing.loops.end());
  std::sort(listing.skipped.begin(), listing.skipped.end(),
            [](const SkippedPicture& a, const SkippedPicture& b) { return a.name < b.name; });
}

}  // namespace

std::int32_t RawImages::label_of(const std::string& name) {
  const auto [entry, is_new] = index_.try_emplace(name, static_cast<std::int32_t>(label_names.size()));
  if (is_new) label_names.push_back(name);
  return entry->second;
}

bool split_of_name(std::string_view name, SplitKind& kind) {
  const std::string folded = lower_ascii(name);
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), folded) != names.end();
  };
  if (is({"train", "training"})) return kind = SplitKind::train, true;
  if (is({"validation", "valid", "val", "dev"})) return kind = SplitKind::validation, true;
  if (is({"test"})) return kind = SplitKind::test, true;
  return false;
}

bool is_picture_name(std::string_view name) { return ends_with_any(name, kPictures); }
bool is_foreign_picture_name(std::string_view name) { return ends_with_any(name, kForeign); }

Listing list_folder(const std::string& folder) {
  Listing listing;
  listing.root = folder.substr(0, std::max<std::size_t>(1, folder.find_last_not_of('/') + 1));  // "data/" is "data"
  Walk(listing).enter(folder, "");
  sort_by_path(listing);
  return listing;
}

Listing list_tar(const std::string& file) {
  Listing listing;
  listing.root = file;
  for (auto& member : read_tar(file)) {
    const auto parts = split(member.name, '/');
    if (std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return is_hidden(part); })) continue;
    const std::string name = file + ":" + member.name;
    if (!member.link_to.empty()) {
      listing.skipped.push_back(
          {name, fmt::format("{}: a link to {}, which is not followed; pack with tar --dereference --hard-dereference",
                             name, excerpt(member.link_to))});
    } else if (is_foreign_picture_name(member.name)) {
      listing.skipped.push_back(foreign(name));
    } else if (!is_picture_name(member.name)) {
      ++listing.others;
    } else {
      listing.pictures.push_back({member.name, {name, std::move(member.bytes)}});
    }
  }
  sort_by_path(listing);
  return listing;
}

}  // namespace strop
