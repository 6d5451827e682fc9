#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "data/boxes/outgoing.h"

namespace strop {
namespace {

namespace fs = std::filesystem;

// Names stand alone between tags, and before a colon in labelmap.txt.
void check_label(const std::string& label) {
  const bool control = std::ranges::any_of(label, [](unsigned char letter) { return std::iscntrl(letter) != 0; });
  if (!control && label == trim(label) && label.find(':') == std::string::npos && !label.empty() && label[0] != '#')
    return;
  fail(ErrorKind::data,
       "class '{}': VOC's files cannot hold this name; rename it (no ':', no '#' in front, no space at its ends)",
       excerpt(label));
}

std::string object_text(const TrueBox& box, const std::string& label) {
  const auto& rect = box.rect;
  const auto corner = [](double pixels) { return fmt::format("{:.14g}", rounded_pixels(pixels + 1)); };
  return fmt::format(
      "  <object>\n    <name>{}</name>\n    <pose>Unspecified</pose>\n    <truncated>0</truncated>\n    "
      "<difficult>{}</difficult>\n"
      "    <bndbox>\n      <xmin>{}</xmin>\n      <ymin>{}</ymin>\n      <xmax>{}</xmax>\n      <ymax>{}</ymax>\n    "
      "</bndbox>\n  </object>\n",
      escape_html(label), box.crowd ? 1 : 0, corner(rect.x), corner(rect.y), corner(rect.right()),
      corner(rect.bottom()));
}

}  // namespace

void write_voc(const Outgoing& out) {
  const auto& labels = out.data->label_names;
  std::string map = "# label:color_rgb:parts:actions\n";
  for (const auto& label : labels) {
    check_label(label);
    map += label + ":::\n";
  }
  append_file(out.folder / "labelmap.txt", map);
  for (const auto& [name, split, pictures] : out.splits) {
    std::string list;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      const auto& sample = split->samples[i];
      std::string text = fmt::format(
          "<annotation>\n  <folder>JPEGImages</folder>\n  <filename>{}</filename>\n  <size>\n    <width>{}</width>\n   "
          " <height>{}</height>\n"
          "    <depth>3</depth>\n  </size>\n  <segmented>0</segmented>\n",
          escape_html(pictures[i]), sample.width, sample.height);
      for (const auto& box : sample.boxes) text += object_text(box, labels[static_cast<std::size_t>(box.label)]);
      const auto stem = fs::path(pictures[i]).stem().string();
      append_file(out.folder / "Annotations" / (stem + ".xml"), text + "</annotation>\n");
      list += stem + "\n";
    }
    append_file(out.folder / "ImageSets" / "Main" / (name + ".txt"), list);
  }
}

}  // namespace strop
