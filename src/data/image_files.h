// The picture files below a folder or in an archive, and how folders say splits and classes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/image_data.h"

namespace strop {

// A split whose labels index its own names, in order of first appearance.
struct RawImages {
  ImageSplit split;
  std::vector<std::string> label_names;
  std::int32_t label_of(const std::string& name);  // the index of a name, added where it is new

 private:
  std::unordered_map<std::string, std::int32_t> index_;
};

enum class SplitKind { train, validation, test };
using RawSplits = std::map<SplitKind, RawImages>;

// "train", "training"; "validation", "valid", "val", "dev"; "test": as files and folders are called, ASCII case
// ignored. False where the name is none of them.
bool split_of_name(std::string_view name, SplitKind& kind);

// By the ending: one that we read, or one of a picture that we do not (.gif .tif .ppm .heic ...).
bool is_picture_name(std::string_view name);
bool is_foreign_picture_name(std::string_view name);

// A picture's path below the root, "/" between the parts, and the sample without a label.
struct ListedPicture {
  std::string path;
  ImageSample sample;
};
struct Listing {
  std::string root;
  std::vector<ListedPicture> pictures;     // sorted by path
  std::vector<std::string> empty_folders;  // without a picture below
  std::vector<SkippedPicture> skipped;     // unreadable folders, pictures of formats that are not read
  std::vector<std::string> loops;          // links back to a folder above them, which are not followed
  std::size_t others = 0;                  // files that are no pictures by their names
};

// All below `folder`; links are followed, but no folder is entered twice on one way down.
Listing list_folder(const std::string& folder);
Listing list_tar(const std::string& file);

// Splits and classes by the folders' names. A single folder around all of it is looked through. With `to_train`
// Error(data) where there are folders of splits and none of them holds pictures to train on.
RawSplits arrange(Listing listing, bool to_train, std::vector<std::string>& notes);

// MNIST's files in a folder; empty where there are none.
RawSplits read_idx_folder(const std::string& folder);
// The pictures of one idx file, with the labels beside it (none needed where `need_labels` is false).
RawImages read_idx_pair(const std::string& images, bool need_labels);

// A table of paths and labels. Paths that do not exist go into `skipped` where labels are needed: to train or evaluate
// on.
RawImages read_image_table(const std::string& file, const Options& options, bool need_label,
                           std::vector<SkippedPicture>& skipped, std::vector<std::string>& notes);

}  // namespace strop
