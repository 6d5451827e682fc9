// What the folders of a listing mean: splits, classes.
#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"
#include "data/image_files.h"

namespace strop {
namespace {

std::string first_part(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }
std::string behind_first(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? "" : std::string(path.substr(slash + 1));
}
std::ptrdiff_t depth(std::string_view path) { return std::count(path.begin(), path.end(), '/'); }

// A folder that holds all pictures, each still within another one.
bool has_wrapper(const Listing& listing) {
  if (listing.pictures.empty()) return false;
  const std::string first = first_part(listing.pictures.front().path);
  SplitKind ignored{};
  if (split_of_name(first, ignored)) return false;
  const bool all = std::all_of(listing.pictures.begin(), listing.pictures.end(), [&](const ListedPicture& picture) {
    return first_part(picture.path) == first && depth(picture.path) >= 2;
  });
  // Siblings without pictures are classes that happen to be empty.
  return all && std::all_of(listing.empty_folders.begin(), listing.empty_folders.end(),
                            [&](const std::string& folder) { return first_part(folder) == first; });
}

void unwrap(Listing& listing) {
  const std::string first = first_part(listing.pictures.front().path);
  listing.root += (std::filesystem::is_directory(listing.root) ? "/" : ":") + first;
  for (auto& picture : listing.pictures) picture.path = behind_first(picture.path);
  for (auto& folder : listing.empty_folders) folder = behind_first(folder);
}

bool has_training_folder(const Listing& listing) {
  return std::any_of(listing.pictures.begin(), listing.pictures.end(), [](const ListedPicture& picture) {
    SplitKind kind{};
    return depth(picture.path) >= 2 && split_of_name(first_part(picture.path), kind) && kind == SplitKind::train;
  });
}

void note_count(std::size_t count, const std::string& root, const char* what, std::vector<std::string>& notes) {
  if (count > 0) notes.push_back(fmt::format("{}: {} {} {}", root, count, count == 1 ? "picture" : "pictures", what));
}

}  // namespace

RawSplits arrange(Listing listing, std::vector<std::string>& notes) {
  // A parent of the folder that was meant, or a tar of one: look one level deeper, twice at most.
  for (int i = 0; i < 2 && has_wrapper(listing) && !has_training_folder(listing); ++i) unwrap(listing);
  const bool with_splits = has_training_folder(listing);
  RawSplits splits;
  std::size_t no_class = 0, no_split = 0;
  for (auto& picture : listing.pictures) {
    SplitKind kind = SplitKind::train;
    std::string path = picture.path, origin = listing.root;
    if (with_splits) {
      const std::string folder = first_part(path);
      if (!split_of_name(folder, kind)) {
        ++no_split;
        continue;
      }
      origin += "/" + folder;
      path = behind_first(path);
    }
    if (depth(path) == 0) {
      ++no_class;
      continue;
    }
    RawImages& raw = splits[kind];
    if (!raw.split.empty() && raw.split.origin != origin) {
      fail(ErrorKind::data, "{}: found {} and {} for one split, expected one folder; rename or move one of them",
           listing.root, raw.split.origin, origin);
    }
    raw.split.origin = origin;
    picture.sample.label = raw.label_of(first_part(path));
    raw.split.samples.push_back(std::move(picture.sample));
  }
  if (listing.others > 0) {
    notes.push_back(fmt::format("{}: {} without a picture's ending (.jpg .jpeg .png .webp .bmp), left out",
                                listing.root,
                                listing.others == 1 ? "a file" : std::to_string(listing.others) + " files"));
  }
  note_count(no_class, listing.root, "outside of a class's folder, left out", notes);
  note_count(no_split, listing.root, "outside of train, validation and test, left out", notes);
  for (const auto& folder : listing.empty_folders) {
    notes.push_back(fmt::format("{}/{}: no pictures in this folder", listing.root, folder));
  }
  return splits;
}

}  // namespace strop
