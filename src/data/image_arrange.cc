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

bool has_split_folder(const Listing& listing, SplitKind wanted) {
  return std::any_of(listing.pictures.begin(), listing.pictures.end(), [&](const ListedPicture& picture) {
    SplitKind kind{};
    return depth(picture.path) >= 2 && split_of_name(first_part(picture.path), kind) && kind == wanted;
  });
}

// Folders of the first level that hold pictures, sorted.
std::vector<std::string> top_folders(const Listing& listing) {
  std::vector<std::string> tops;
  for (const auto& picture : listing.pictures) {
    if (depth(picture.path) == 0) continue;
    if (const auto top = first_part(picture.path); tops.empty() || tops.back() != top) tops.push_back(top);
  }
  return tops;
}

// A class may be called "train" or "test"; splits hold folders of classes, or there is nothing but splits.
bool has_splits(const Listing& listing, const std::vector<std::string>& tops) {
  for (const auto kind : {SplitKind::train, SplitKind::validation, SplitKind::test}) {
    if (has_split_folder(listing, kind)) return true;
  }
  SplitKind ignored{};
  return !tops.empty() &&
         std::all_of(tops.begin(), tops.end(), [&](const std::string& top) { return split_of_name(top, ignored); });
}

// The part of a skipped thing's name below the listing's root; "" where it lies elsewhere.
std::string below_root(const Listing& listing, const std::string& name) {
  if (!starts_with(name, listing.root)) return "";
  const auto rest = std::string_view(name).substr(listing.root.size());
  return std::string(rest.substr(std::min(rest.find_first_not_of("/:"), rest.size())));
}

// Why no training picture was found where the folders say splits.
std::string why_no_training(const Listing& listing, const std::vector<std::string>& tops) {
  const auto is_train = [](const std::string& path) {
    SplitKind kind{};
    return split_of_name(first_part(path), kind) && kind == SplitKind::train;
  };
  for (const auto& one : listing.skipped) {
    if (is_train(below_root(listing, one.name))) return one.reason;
  }
  if (std::any_of(tops.begin(), tops.end(), is_train)) return "the training folder holds no folders of classes";
  if (std::any_of(listing.empty_folders.begin(), listing.empty_folders.end(), is_train))
    return "the training folder holds no pictures";
  std::vector<std::string> others;
  SplitKind ignored{};
  std::copy_if(tops.begin(), tops.end(), std::back_inserter(others),
               [&](const std::string& top) { return !split_of_name(top, ignored); });
  const auto near = nearest("train", others);
  return near.empty() ? "add train/" : "did you mean " + near + "/? call it train/";
}

[[noreturn]] void fail_without_training(const Listing& listing, const std::vector<std::string>& tops) {
  std::vector<std::string> found;
  SplitKind kind{};
  for (const auto& top : tops) {
    if (split_of_name(top, kind) && kind != SplitKind::train) found.push_back(top + "/");
  }
  fail(ErrorKind::data, "{}: found {}, expected pictures in train/, a folder for each class: {}", listing.root,
       found.empty() ? "no classes" : join(found, " and ") + " but no train/", why_no_training(listing, tops));
}

// A split of which nothing could be read must not be taken for one that is not there. Training's is said above.
void check_other_splits(const Listing& listing, const RawSplits& splits) {
  for (const auto& one : listing.skipped) {
    const std::string folder = first_part(below_root(listing, one.name));
    SplitKind kind{};
    if (!split_of_name(folder, kind) || kind == SplitKind::train || splits.contains(kind)) continue;
    fail(ErrorKind::data, "{}/{}: no picture there can be used; mend it or take the folder away: {}", listing.root,
         folder, one.reason);
  }
}

void note_count(std::size_t count, const std::string& root, const char* what, std::vector<std::string>& notes) {
  if (count > 0) notes.push_back(fmt::format("{}: {} {} {}", root, count, count == 1 ? "picture" : "pictures", what));
}

}  // namespace

RawSplits arrange(Listing listing, bool to_train, std::vector<std::string>& notes) {
  // A parent of the folder that was meant, or a tar of one: look one level deeper, twice at most.
  for (int i = 0; i < 2 && has_wrapper(listing) && !has_split_folder(listing, SplitKind::train); ++i) {
    unwrap(listing);
  }
  const auto tops = top_folders(listing);
  const bool with_splits = has_splits(listing, tops);
  if (with_splits && to_train && !has_split_folder(listing, SplitKind::train)) fail_without_training(listing, tops);
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
  if (with_splits) check_other_splits(listing, splits);
  if (listing.others > 0) {
    notes.push_back(fmt::format("{}: {} without a picture's ending (.jpg .jpeg .png .webp .bmp), left out",
                                listing.root,
                                listing.others == 1 ? "a file" : std::to_string(listing.others) + " files"));
  }
  note_count(no_class, listing.root, "outside of a class's folder, left out", notes);
  note_count(no_split, listing.root, "outside of train, validation and test, left out", notes);
  for (const auto& link : listing.loops) {
    notes.push_back(link + ": a link back to a folder above it, not followed");
  }
  for (const auto& folder : listing.empty_folders) {
    notes.push_back(fmt::format("{}/{}: no pictures in this folder", listing.root, folder));
  }
  return splits;
}

}  // namespace strop
